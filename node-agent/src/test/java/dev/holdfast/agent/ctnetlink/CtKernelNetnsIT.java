package dev.holdfast.agent.ctnetlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.netns.TestNetwork;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Connection tracking requests, against the kernel and conntrack(8)")
class CtKernelNetnsIT {
  private static final long SECOND = 1_000_000_000L;

  private final TestNetwork network = TestNetwork.open();
  private final String space = network.namespace("ct");
  private final KernelTable table = new KernelTable(network, space);

  @AfterEach
  void close() {
    table.close();
    network.close();
  }

  @Test
  void conntrackListsWhatWasCreated() {
    assertThat(table.createAll(FlowKinds.all())).isEmpty();

    assertThat(table.listed("-f", "ipv4"))
        .containsExactlyInAnyOrder(
            "ipv4     2 tcp      6 ESTABLISHED src=10.1.0.2 dst=10.2.0.2 sport=50001 dport=8005"
                + " src=10.2.0.2 dst=10.1.0.2 sport=8005 dport=50001 [ASSURED] mark=0 use=1",
            "ipv4     2 tcp      6 ESTABLISHED src=10.1.0.2 dst=10.2.0.2 sport=50002 dport=8001"
                + " src=10.2.0.2 dst=10.2.0.1 sport=8001 dport=40095 [ASSURED] mark=0 use=1",
            "ipv4     2 tcp      6 ESTABLISHED src=10.1.0.2 dst=10.2.0.2 sport=50003 dport=8002"
                + " src=10.2.0.2 dst=10.2.0.1 sport=8002 dport=50003 [ASSURED] mark=0 use=1",
            "ipv4     2 tcp      6 ESTABLISHED src=10.1.0.2 dst=10.1.0.1 sport=50004 dport=8080"
                + " src=10.2.0.2 dst=10.1.0.2 sport=8003 dport=50004 [ASSURED] mark=0 use=1",
            "ipv4     2 tcp      6 ESTABLISHED src=10.1.0.2 dst=10.1.0.1 sport=50005 dport=8080"
                + " src=10.1.0.50 dst=10.1.0.1 sport=80 dport=1024 [ASSURED] mark=0 use=1",
            "ipv4     2 udp      17 src=10.1.0.2 dst=10.2.0.2 sport=5353 dport=53"
                + " src=10.2.0.2 dst=10.1.0.2 sport=53 dport=5353 [ASSURED] mark=0 use=1",
            "ipv4     2 udp      17 src=10.1.0.2 dst=10.2.0.2 sport=5354 dport=53"
                + " src=10.2.0.2 dst=10.2.0.1 sport=53 dport=41003 [ASSURED] mark=0 use=1",
            "ipv4     2 icmp     1 src=10.1.0.2 dst=10.2.0.2 type=8 code=0 id=763"
                + " src=10.2.0.2 dst=10.1.0.2 type=0 code=0 id=763 [ASSURED] mark=0 use=1",
            "ipv4     2 icmp     1 src=10.1.0.2 dst=10.2.0.3 type=8 code=0 id=763"
                + " src=10.2.0.3 dst=10.2.0.1 type=0 code=0 id=763 [ASSURED] mark=0 use=1",
            "ipv4     2 icmp     1 src=10.1.0.4 dst=10.2.0.3 type=8 code=0 id=763"
                + " src=10.2.0.3 dst=10.2.0.1 type=0 code=0 id=4711 [ASSURED] mark=0 use=1",
            "ipv4     2 gre      47 src=10.1.0.2 dst=10.2.0.2 srckey=0x102 dstkey=0x304"
                + " src=10.2.0.2 dst=10.1.0.2 srckey=0x304 dstkey=0x102 [ASSURED] mark=0 use=1",
            "ipv4     2 udplite  136 src=10.1.0.2 dst=10.2.0.2 sport=50202 dport=9001"
                + " src=10.2.0.2 dst=10.1.0.2 sport=9001 dport=50202 [ASSURED] mark=0 use=1",
            "ipv4     2 unknown  89 src=10.1.0.2 dst=10.2.0.2"
                + " src=10.2.0.2 dst=10.1.0.2 [ASSURED] mark=0 use=1",
            "ipv4     2 sctp     132 ESTABLISHED src=10.1.0.2 dst=10.2.0.2 sport=50203 dport=2905"
                + " src=10.2.0.2 dst=10.1.0.2 sport=2905 dport=50203 [ASSURED] mark=0 use=1",
            "ipv4     2 tcp      6 ESTABLISHED src=10.1.0.2 dst=10.2.0.2 sport=50009 dport=8008"
                + " src=10.2.0.2 dst=10.1.0.2 sport=8008 dport=50009 [ASSURED]"
                + " mark=305441741 use=1",
            "ipv4     2 tcp      6 ESTABLISHED src=10.1.0.2 dst=10.2.0.2 sport=50009 dport=8008"
                + " src=10.2.0.2 dst=10.1.0.2 sport=8008 dport=50009 [ASSURED]"
                + " mark=0 zone=7 use=1",
            "ipv4     2 udp      17 src=10.1.0.2 dst=10.2.0.2 sport=5355 dport=123"
                + " [UNREPLIED] src=10.2.0.2 dst=10.1.0.2 sport=123 dport=5355 mark=0 use=1",
            "ipv4     2 tcp      6 TIME_WAIT src=10.1.0.2 dst=10.2.0.2 sport=50010 dport=80"
                + " src=10.2.0.2 dst=10.1.0.2 sport=80 dport=50010 [ASSURED] mark=0 use=1");
    assertThat(table.listed("-f", "ipv6"))
        .contains(
            "ipv6     10 tcp      6 ESTABLISHED src=fd01::2 dst=fd02::2 sport=50007 dport=443"
                + " src=fd02::2 dst=fd02::1 sport=443 dport=40095 [ASSURED] mark=0 use=1",
            "ipv6     10 tcp      6 ESTABLISHED src=fd01::2 dst=fd01::1 sport=50008 dport=80"
                + " src=fd02::2 dst=fd01::2 sport=8003 dport=50008 [ASSURED] mark=0 use=1",
            "ipv6     10 icmpv6   58 src=fd01::2 dst=fd02::2 type=128 code=0 id=763"
                + " src=fd02::2 dst=fd01::2 type=129 code=0 id=763 [ASSURED] mark=0 use=1")
        .hasSize(5);
  }

  @Test
  void whatIsDumpedHereAndWrittenThereIsListedAlike() {
    table.createAll(FlowKinds.all());
    try (var other = new KernelTable(network, network.namespace("there"))) {
      List<FlowEntry> dumped = table.dump();

      assertThat(other.createAll(dumped)).isEmpty();

      assertThat(other.listed()).isEqualTo(table.listed());
      assertThat(other.listed("-f", "ipv6")).isEqualTo(table.listed("-f", "ipv6"));
      assertThat(other.dump()).hasSameSizeAs(dumped);
    }
  }

  @Test
  void whatWasCreatedIsDumpedWithTheSameAttributes() {
    FlowEntry flow =
        Flows.translateSource(Flows.tcp("10.1.0.2", 50002, "10.2.0.2", 8001), "10.2.0.1", 40095);
    flow.scaleOriginal = 7;
    flow.scaleReply = 10;
    flow.mark = 3;
    flow.has |= FlowEntry.HAS_SCALE_ORIGINAL | FlowEntry.HAS_SCALE_REPLY | FlowEntry.HAS_MARK;
    flow.seqPositionReply = 77;
    flow.seqBeforeReply = -2;
    flow.seqAfterReply = 5;
    flow.has |= FlowEntry.HAS_SEQ_REPLY;

    assertThat(table.create(flow)).isZero();

    FlowEntry found = table.dump().getFirst();
    assertThat(found.original.sameAs(flow.original)).isTrue();
    assertThat(found.reply.sameAs(flow.reply)).isTrue();
    assertThat(found.status & ~FlowStatus.SEQ_ADJUST).isEqualTo(flow.status);
    assertThat(found.timeoutSeconds).isBetween(431_990, 432_000);
    assertThat(found.mark).isEqualTo(3);
    assertThat(found.scaleOriginal).isEqualTo(7);
    assertThat(found.scaleReply).isEqualTo(10);
    assertThat(found.tcpFlagsOriginal).isEqualTo(0x09);
    assertThat(found.tcpFlagsReply).isEqualTo(0x09);
    assertThat(found.seqPositionReply).isEqualTo(77);
    assertThat(found.seqBeforeReply).isEqualTo(-2);
    assertThat(found.seqAfterReply).isEqualTo(5);
    assertThat(found.has(FlowEntry.HAS_SOURCE_NAT | FlowEntry.HAS_SOURCE_PORT_NAT)).isTrue();
    assertThat(found.has(FlowEntry.HAS_DESTINATION_NAT)).isFalse();
  }

  @Test
  void eventsTellBirthChangeAndEndAndWhoseRequestItWas() {
    network.sysctl(space, "net.netfilter.nf_conntrack_events", "1");
    try (var events =
        network.call(space, () -> NetlinkSocket.open(NetlinkSocket.NETFILTER, 1 << 20, 1, 2, 3))) {
      FlowEntry flow = Flows.tcp("10.1.0.2", 50002, "10.2.0.2", 8001);
      flow.state = 2;
      table.create(flow);
      assertThat(nextEvent(events, CtKind.BORN).state).isEqualTo(2);
      assertThat(table.message().portId).isEqualTo(table.socket.portId());

      flow.state = 3;
      table.send(out -> table.requests.update(out, flow, 999, 0));
      FlowEntry updated = nextEvent(events, CtKind.UPDATED);
      assertThat(updated.state).isEqualTo(3);

      table.send(out -> table.requests.delete(out, flow.original, 0));
      FlowEntry ended = nextEvent(events, CtKind.ENDED);
      assertThat(ended.original.sameAs(flow.original)).isTrue();
      assertThat(ended.kernelId).isEqualTo(updated.kernelId);
    }
  }

  private FlowEntry nextEvent(NetlinkSocket events, CtKind kind) {
    int length = events.receive(2 * SECOND);
    assertThat(length).isPositive();
    return table.read(events.buffer(), 0, length, kind);
  }

  @Test
  void refusalsHaveTheirErrno() {
    FlowEntry flow =
        Flows.translateSource(Flows.tcp("10.1.0.2", 50002, "10.2.0.2", 8001), "10.2.0.1", 40095);
    FlowEntry samePort =
        Flows.translateSource(Flows.tcp("10.1.0.9", 50002, "10.2.0.2", 8001), "10.2.0.1", 40095);
    table.create(flow);

    assertThat(table.create(flow)).isEqualTo(Errno.EEXIST);
    assertThat(table.create(samePort)).isEqualTo(Errno.EEXIST);
    assertThat(table.send(out -> table.requests.delete(out, samePort.original, 0)))
        .isEqualTo(Errno.ENOENT);
    assertThat(table.send(out -> table.requests.updateTimeout(out, samePort.original, 0, 10)))
        .isEqualTo(Errno.ENOENT);
    flow.status = FlowStatus.CONFIRMED;
    assertThat(table.send(out -> table.requests.update(out, flow, 10, 0))).isEqualTo(Errno.EBUSY);
  }

  @Test
  void theFlowInTheWayOfATranslationIsDeletedByItsReply() {
    FlowEntry flow =
        Flows.translateSource(Flows.tcp("10.1.0.2", 50002, "10.2.0.2", 8001), "10.2.0.1", 40095);
    FlowEntry samePort =
        Flows.translateSource(Flows.tcp("10.1.0.9", 50002, "10.2.0.2", 8001), "10.2.0.1", 40095);
    table.create(flow);

    assertThat(table.send(out -> table.requests.deleteByReply(out, samePort.reply, 0))).isZero();
    assertThat(table.create(samePort)).isZero();

    assertThat(table.dump()).hasSize(1);
  }

  @Test
  void aFlowThatWasBornAgainIsNotDeletedForItsPredecessor() {
    FlowEntry flow = Flows.tcp("10.1.0.2", 50002, "10.2.0.2", 8001);
    table.create(flow);
    int id = table.dump().getFirst().kernelId;

    assertThat(table.send(out -> table.requests.deleteIfSame(out, flow.original, 0, id + 1)))
        .isEqualTo(Errno.ENOENT);
    assertThat(table.send(out -> table.requests.deleteIfSame(out, flow.original, 0, id))).isZero();
  }

  @Test
  void aTimeoutIsChangedAlone() {
    FlowEntry flow = Flows.tcp("10.1.0.2", 50002, "10.2.0.2", 8001);
    table.create(flow);

    table.send(out -> table.requests.updateTimeout(out, flow.original, 0, 77));

    assertThat(table.dump().getFirst().timeoutSeconds).isBetween(70, 77);
    assertThat(table.dump().getFirst().status).isEqualTo(flow.status & ~0x180);
  }

  @Test
  void oneFlowIsFoundByItsTuple() {
    FlowEntry flow = Flows.tcp("10.1.0.2", 50002, "10.2.0.2", 8001);
    table.create(flow);
    table.create(Flows.tcp("10.1.0.3", 50002, "10.2.0.2", 8001));
    List<FlowEntry> found = new ArrayList<>();
    var out = KernelTable.buffer();
    table.requests.get(out, flow.original, 0);

    int errno =
        table.socket.query(
            out.flip(), (in, at, length) -> found.add(table.read(in, at, length, CtKind.SEEN)));

    assertThat(errno).isZero();
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().original.sameAs(flow.original)).isTrue();
  }

  @Test
  void aFlushEmptiesTheTable() {
    table.createAll(FlowKinds.all());

    assertThat(table.send(table.requests::flush)).isZero();

    assertThat(table.dump()).isEmpty();
  }

  @Test
  void labelsAreKeptWhereARuleUsesThem() {
    network.in(
        space, "iptables", "-A", "FORWARD", "-m", "connlabel", "--label", "5", "-j", "ACCEPT");
    FlowEntry flow = Flows.tcp("10.1.0.2", 50002, "10.2.0.2", 8001);
    flow.labels[0] = 0x20;
    flow.labels[3] = 1 << 31;
    flow.labelWords = 4;
    flow.has |= FlowEntry.HAS_LABELS;

    assertThat(table.create(flow)).isZero();

    assertThat(table.dump().getFirst().labels).isEqualTo(flow.labels);
  }

  @Test
  void anFtpFlowIsCreatedWithItsHelperItsRelatedFlowAndWhatItExpects() {
    FlowEntry control = Flows.tcp("10.1.0.2", 50301, "10.2.0.2", 21);
    Flows.translateSource(control, "10.2.0.251", 50301);
    control.helper.set("ftp");
    control.has |= FlowEntry.HAS_HELPER;
    FlowEntry data = Flows.tcp("10.2.0.2", 20, "10.2.0.251", 50302);
    Flows.translateDestination(data, "10.1.0.2", 50302);
    data.master.copyFrom(control.original);
    data.status |= FlowStatus.EXPECTED;
    data.has |= FlowEntry.HAS_MASTER;

    assertThat(table.create(control)).isZero();
    assertThat(table.create(data)).isZero();
    ExpectEntry expectation = Flows.expectation(50303);
    expectation.master.copyFrom(control.original);
    assertThat(table.send(out -> table.requests.create(out, expectation, 300))).isZero();

    assertThat(table.listed("-f", "ipv4"))
        .anyMatch(line -> line.contains("dport=21") && line.contains("helper=ftp"));
    FlowEntry related =
        table.dump().stream().filter(f -> f.has(FlowEntry.HAS_MASTER)).findAny().orElseThrow();
    assertThat(related.master.sameAs(control.original)).isTrue();
    assertThat(related.status & FlowStatus.EXPECTED).isNotZero();
    ExpectEntry found = table.dumpExpectations().getFirst();
    assertThat(found.expected.sameAs(expectation.expected)).isTrue();
    assertThat(found.mask.l4).isEqualTo(0xffff);
    assertThat(found.master.sameAs(control.original)).isTrue();
    assertThat(found.helper).hasToString("ftp");
    assertThat(found.function).hasToString("nat-follow-master");
    assertThat(found.nat.l4).isEqualTo(expectation.nat.l4);
    assertThat(found.natDirection).isEqualTo(1);
    assertThat(table.send(o -> table.requests.deleteExpectation(o, expectation.expected, 0)))
        .isZero();
    assertThat(table.dumpExpectations()).isEmpty();
  }

  @Test
  void anUnknownHelperIsRefusedAndLeftOutOnDemand() {
    FlowEntry flow = Flows.tcp("10.1.0.2", 50301, "10.2.0.2", 21);
    flow.helper.set("no-such");
    flow.has |= FlowEntry.HAS_HELPER;

    assertThat(table.create(flow)).isEqualTo(Errno.EOPNOTSUPP);
    assertThat(table.send(out -> table.requests.create(out, flow, 60, CtRequests.WITHOUT_HELPER)))
        .isZero();
  }
}
