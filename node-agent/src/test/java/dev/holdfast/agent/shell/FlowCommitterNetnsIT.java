package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.Ipv4Address;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The program {@code conntrack} puts things in the way, and is the judge of what stands there. */
@DisplayName("Flows of the peers on their way into this kernel")
class FlowCommitterNetnsIT {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final int PEER = 1;
  private static final int CLIENT = Ipv4Address.parse("10.1.0.2").bits();
  private static final int SERVER = Ipv4Address.parse("10.2.0.2").bits();
  private static final int GATEWAY = Ipv4Address.parse("10.2.0.1").bits();

  private final TestNetwork network = TestNetwork.open();
  private final String router = network.namespace("router");
  private final FlowTable table = new FlowTable(FlowMemory.onHeap(), 7, 10_000, 1_000);
  private final Queue<Runnable> answers = new ConcurrentLinkedQueue<>();
  private ConntrackWriter writer;
  private FlowCommitter committer;

  @BeforeEach
  void open() {
    writer =
        network.call(
            router,
            () ->
                ConntrackWriter.start(
                    2,
                    128 << 10,
                    () -> {},
                    new ConntrackWriter.Sink() {
                      @Override
                      public void written(ConntrackWriter.Batch batch) {
                        answers.add(() -> committer.answered(batch));
                      }

                      @Override
                      public void failed(ConntrackWriter.Batch batch, SyscallException why) {
                        answers.add(() -> committer.unanswered(batch));
                      }
                    }));
    committer = new FlowCommitter(table, writer);
  }

  @AfterEach
  void close() {
    writer.close();
    network.close();
  }

  private String conntrack(String arguments) {
    return network.in(router, ("conntrack " + arguments).split(" "));
  }

  /** An established flow, translated to the gateway's address and the same port. */
  private static FlowEntry translated(int port) {
    FlowEntry flow = new FlowEntry();
    flow.original.protocol = IpProtocol.TCP;
    flow.original.ipv4(CLIENT, SERVER);
    flow.original.ports(port, 80);
    flow.reply.protocol = IpProtocol.TCP;
    flow.reply.ipv4(SERVER, GATEWAY);
    flow.reply.ports(80, port);
    flow.has =
        FlowEntry.HAS_STATUS
            | FlowEntry.HAS_TCP_STATE
            | FlowEntry.HAS_TIMEOUT
            | FlowEntry.HAS_REPLY;
    flow.status =
        FlowStatus.CONFIRMED
            | FlowStatus.SEEN_REPLY
            | FlowStatus.ASSURED
            | FlowStatus.SRC_NAT
            | FlowStatus.SRC_NAT_DONE
            | FlowStatus.DST_NAT_DONE;
    flow.state = 3;
    flow.timeoutSeconds = 100;
    flow.markTranslations();
    return flow;
  }

  private void theirs(FlowEntry flow) {
    table.store(PEER, Telling.BORN, flow, true, 0);
  }

  private void turnUntil(String what, BooleanSupplier reached) {
    TestNetwork.await(
        what,
        SOON,
        () -> {
          committer.commitSome();
          committer.restoreSome();
          for (Runnable next = answers.poll(); next != null; next = answers.poll()) {
            next.run();
          }
          return reached.getAsBoolean();
        });
  }

  private void commit() {
    turnUntil("everything in the kernel", committer::done);
  }

  /** The kernel's answers are there, and nothing else was written meanwhile. */
  private void hear() {
    TestNetwork.await("answers", SOON, () -> !answers.isEmpty());
    for (Runnable next = answers.poll(); next != null; next = answers.poll()) {
      next.run();
    }
  }

  @Test
  void aFlowThatAPacketMadeBeforeIsReplacedByTheTranslatedOne() {
    // What nf_conntrack_tcp_loose makes of a segment that came before the flow.
    conntrack(
        "-I -p tcp -s 10.1.0.2 -d 10.2.0.2 --sport 1234 --dport 80 --state ESTABLISHED -t 60");
    theirs(translated(1234));

    commit();

    assertThat(conntrack("-L -p tcp")).contains("dst=10.2.0.1 sport=80 dport=1234 [ASSURED]");
    assertThat(committer.clashes()).containsExactly(Map.entry(FlowCommitter.Clash.SAME_TUPLE, 1L));
    assertThat(committer.refusals()).isEmpty();
  }

  @Test
  void aFlowOfOursThatHoldsTheSameTranslatedPortGivesWay() {
    conntrack(
        "-I -p tcp -s 10.1.0.9 -d 10.2.0.2 --sport 1234 --dport 80 --state ESTABLISHED -t 60"
            + " --src-nat 10.2.0.1:1234");
    theirs(translated(1234));

    commit();

    assertThat(conntrack("-L -p tcp"))
        .contains("src=10.1.0.2 dst=10.2.0.2 sport=1234 dport=80")
        .doesNotContain("10.1.0.9");
    assertThat(committer.clashes()).containsExactly(Map.entry(FlowCommitter.Clash.SAME_REPLY, 1L));
  }

  /** Changed before the kernel's answer is heard, and the change written before or after that. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsInTheWayOfAFlowThatChangesMeanwhileIsReplacedAllTheSame(boolean writtenBefore) {
    inTheWay();
    theirs(translated(1234));
    assertThat(committer.commitSome()).isTrue();
    FlowEntry changed = translated(1234);
    changed.mark = 5;
    changed.has |= FlowEntry.HAS_MARK;
    theirs(changed);
    if (writtenBefore) {
      assertThat(committer.commitSome()).isTrue();
    }
    hear();

    commit();

    assertThat(conntrack("-L -p tcp")).contains("dst=10.2.0.1 sport=80 dport=1234", "mark=5");
    assertThat(committer.clashes()).containsEntry(FlowCommitter.Clash.SAME_TUPLE, 1L);
  }

  @Test
  void whatIsInTheWayIsReplacedAlsoWhenTheFlowChangesBeforeTheSecondTry() {
    inTheWay();
    theirs(translated(1234));
    assertThat(committer.commitSome()).isTrue();
    hear();
    FlowEntry changed = translated(1234);
    changed.mark = 5;
    changed.has |= FlowEntry.HAS_MARK;
    theirs(changed);

    commit();

    assertThat(conntrack("-L -p tcp")).contains("dst=10.2.0.1 sport=80 dport=1234", "mark=5");
  }

  private void inTheWay() {
    conntrack(
        "-I -p tcp -s 10.1.0.2 -d 10.2.0.2 --sport 1234 --dport 80 --state ESTABLISHED -t 60");
  }

  @Test
  void anActiveRoutersOwnFlowStaysAndThePeersThatHasNoPlaceBesideItEnds() {
    conntrack(
        "-I -p tcp -s 10.1.0.9 -d 10.2.0.2 --sport 1234 --dport 80 --state ESTABLISHED -t 60"
            + " --src-nat 10.2.0.1:1234");
    committer.yields(true);
    theirs(translated(1234));

    commit();

    assertThat(conntrack("-L -p tcp")).contains("10.1.0.9").doesNotContain("10.1.0.2");
    assertThat(table.adopt(10)).isZero();
    assertThat(table.used()).as("nor does it stay as an end").isZero();
  }

  @Test
  void whatEndedBeforeItWasWrittenIsForgottenWithoutARequest() {
    inTheWay();
    theirs(translated(1234));
    table.end(table.lastHandle());
    theirs(translated(2));

    commit();

    assertThat(committer.written()).isEqualTo(1);
    assertThat(conntrack("-L -p tcp")).contains("sport=2 ").contains("sport=1234 ");
    assertThat(table.theirs().tombstones()).isZero();
  }

  @Test
  void whoWritesOnlyAtATakeoverTakesOutWhatEndedAndStandsThere() {
    theirs(translated(1));
    int written = table.lastHandle();
    theirs(translated(2));
    commit();
    long before = committer.written();
    inTheWay();
    theirs(translated(1234));
    table.end(table.lastHandle());
    theirs(translated(4));
    table.end(written);

    TestNetwork.await(
        "no ends left",
        SOON,
        () -> {
          committer.endSome();
          for (Runnable next = answers.poll(); next != null; next = answers.poll()) {
            next.run();
          }
          return !committer.hasEnds();
        });

    assertThat(conntrack("-L -p tcp"))
        .contains("sport=2 ")
        .contains("sport=1234 ")
        .doesNotContain("sport=1 ", "sport=4 ");
    assertThat(committer.written() - before).isEqualTo(1);
    assertThat(committer.missedEnds()).isFalse();
    commit();
    assertThat(conntrack("-L -p tcp")).contains("sport=4 ");
  }

  @Test
  void anExpectationWaitsForItsMasterThatComesLaterInTheOrder() {
    table.store(PEER, Telling.BORN, Flows.expectation(40_000), true, 0);
    FlowEntry master = Flows.tcp("10.1.0.2", 50_301, "10.2.0.2", 21);
    master.has |= FlowEntry.HAS_HELPER;
    master.helper.set("ftp");
    theirs(master);

    commit();

    assertThat(conntrack("-L expect")).contains("dport=40000");
    assertThat(committer.refusals()).isEmpty();
    assertThat(committer.committed()).isEqualTo(table.theirs().newestPosition());
  }

  @Test
  void aRelatedFlowWaitsForItsMasterToo() {
    FlowEntry data = Flows.tcp("10.2.0.2", 20, "10.1.0.2", 40_000);
    data.has |= FlowEntry.HAS_MASTER;
    data.status |= FlowStatus.EXPECTED;
    data.master.copyFrom(Flows.expectation(40_000).master);
    theirs(data);
    theirs(Flows.tcp("10.1.0.2", 50_301, "10.2.0.2", 21));

    commit();

    assertThat(committer.leftOut()).isEmpty();
    assertThat(conntrack("-L -p tcp")).contains("sport=20 ", "sport=50301 ");
  }

  @Test
  void whatHasNoMasterIsGivenUpWhenAllIsRead() {
    table.store(PEER, Telling.BORN, Flows.expectation(40_000), true, 0);

    commit();

    assertThat(committer.refusals()).hasSize(1);
    assertThat(committer.refusals().keySet().iterator().next()).startsWith("ENOENT");
  }

  @Test
  void anEntryOfAnEarlierLifeIsMadeAnewAndNothingOfItStays() {
    conntrack(
        "-I -p tcp -s 10.1.0.2 -d 10.2.0.2 --sport 1234 --dport 80 --state ESTABLISHED -t 60"
            + " --src-nat 10.2.0.1:1234 -m 7");
    theirs(translated(1234));

    commit();

    // The mark stands for what cannot be seen: the windows of that life.
    assertThat(conntrack("-L -p tcp")).contains("sport=1234").doesNotContain("mark=7");
    assertThat(committer.clashes()).containsKey(FlowCommitter.Clash.SAME_TUPLE);
  }

  @Test
  void whatTheKernelRefusesIsToldWithItsErrnoAndTheListStaysShort() {
    for (int port = 1; port <= 20; port++) {
      FlowEntry flow = translated(port);
      flow.state = 200; // The kernel's own states end at 9.
      theirs(flow);
    }
    theirs(translated(1234));

    commit();

    assertThat(committer.refusals()).hasSize(1).containsValue(20L);
    assertThat(committer.refusals().keySet().iterator().next()).startsWith("ERANGE");
    assertThat(committer.refusedNow()).isEqualTo(20);
    assertThat(committer.lastRefused()).hasSize(FlowCommitter.REFUSED_KEPT);
    assertThat(committer.lastRefused().getLast().flow()).contains("sport=20 ");
    assertThat(conntrack("-L -p tcp")).contains("sport=1234").doesNotContain("sport=20 ");

    theirs(translated(1));
    table.end(table.find(translated(2).original, 0));
    assertThat(committer.commitSome()).isTrue();
    assertThat(committer.refusedNow()).as("until the kernel has taken it").isEqualTo(19);
    commit();
    assertThat(committer.refusedNow()).as("one was taken at last, one ended").isEqualTo(18);
  }

  @Test
  void aHelperThatThisKernelDoesNotHaveIsLeftOutAndCounted() {
    FlowEntry flow = translated(1234);
    flow.has |= FlowEntry.HAS_HELPER;
    flow.helper.set("no-such-helper");
    theirs(flow);

    commit();

    assertThat(conntrack("-L -p tcp")).contains("sport=1234");
    assertThat(committer.leftOut()).containsExactly(Map.entry("Helper", 1L));
    assertThat(committer.refusals()).isEmpty();
  }

  @Test
  void lifetimesOutlastSilenceUntilATakeoverGivesTheTrueOnesBack() {
    theirs(translated(1234));
    commit();
    assertThat(secondsLeft()).isBetween(880, 900);

    table.adopt(10);
    committer.restore();
    turnUntil("true lifetimes", () -> !committer.restores() && committer.done());

    assertThat(secondsLeft()).isBetween(80, 100);
  }

  private int secondsLeft() {
    String line =
        conntrack("-L -p tcp").lines().filter(each -> each.startsWith("tcp")).findFirst().get();
    return Integer.parseInt(line.split("\\s+", -1)[2]);
  }
}
