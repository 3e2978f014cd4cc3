package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.SyncMessage;
import dev.holdfast.api.addr.Ipv4Address;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The table as links see it")
class TableFlowsTest {
  private static final int PEER = 0;
  private static final int OTHER = 1;

  private final FlowTable table = new FlowTable(FlowMemory.onHeap(), 7, 1000, 100);
  private final ConntrackdCodec codec = new ConntrackdCodec(Dialect.HOLDFAST);
  private final TableFlows flows = new TableFlows(table, codec);
  private final SyncMessage message = new SyncMessage();

  private static FlowEntry flow(int port) {
    FlowEntry flow = new FlowEntry();
    flow.original.protocol = IpProtocol.TCP;
    flow.original.ipv4(Ipv4Address.parse("10.1.0.2").bits(), Ipv4Address.parse("10.2.0.2").bits());
    flow.original.ports(port, 80);
    flow.reply.invert(flow.original);
    return flow;
  }

  private void told(int type, int port) {
    told(PEER, type, port);
  }

  private void told(int peer, int type, int port) {
    ByteBuffer datagram = ByteBuffer.allocate(500);
    codec.writeFlow(datagram, type, 0, 1, flow(port));
    datagram.flip();
    assertThat(codec.next(datagram, message)).isNull();
    assertThat(flows.apply(peer, message, datagram)).isNull();
  }

  private long theirsTold() {
    return table.theirs().newestPosition();
  }

  @Test
  void whatWasOursAndEndsByAPeersWordLeavesTheKernelAndIsToldToNobody() {
    table.store(FlowTable.OURS, Telling.BORN, flow(1), true, 0);
    long ours = table.ours().newestPosition();
    long theirs = theirsTold();

    told(SyncMessage.FLOW_DELETE, 1);

    assertThat(table.ours().newestPosition()).isEqualTo(ours);
    assertThat(theirsTold()).isEqualTo(theirs + 1);
    assertThat(flows.count()).isZero();
  }

  @Test
  void anActiveRoutersOwnFlowDoesNotEndByAPeersWord() {
    flows.setActive(true);
    table.store(FlowTable.OURS, Telling.BORN, flow(1), true, 0);

    told(SyncMessage.FLOW_DELETE, 1);

    assertThat(flows.count()).isEqualTo(1);
    assertThat(flows.heldByOther()).isEqualTo(1);
  }

  @Test
  void aPeersOwnFlowEndsByItsWordAlsoOnAnActiveRouter() {
    told(SyncMessage.FLOW_NEW, 1);
    flows.setActive(true);

    told(SyncMessage.FLOW_DELETE, 1);

    assertThat(table.find(flow(1).original, 0))
        .satisfies(h -> assertThat(table.isLive(h)).isFalse());
  }

  @Test
  void aPeerThatIsNotActiveTakesNothingFromOneThatIsAndEndsNothingOfIt() {
    told(PEER, SyncMessage.FLOW_NEW, 1);
    flows.setPeerActive(PEER, true);

    told(OTHER, SyncMessage.FLOW_NEW, 1);
    told(OTHER, SyncMessage.FLOW_DELETE, 1);
    told(OTHER, SyncMessage.FLOW_NEW, 2);

    assertThat(table.count(TableFlows.owner(PEER))).isEqualTo(1);
    assertThat(table.count(TableFlows.owner(OTHER))).isEqualTo(1);
  }

  @Test
  void anActivePeerTakesWhatAnotherHeldAndTheLastWordOfTwoActiveOnesCounts() {
    told(PEER, SyncMessage.FLOW_NEW, 1);
    flows.setPeerActive(OTHER, true);
    told(OTHER, SyncMessage.FLOW_NEW, 1);
    assertThat(table.count(TableFlows.owner(OTHER))).isEqualTo(1);

    flows.setPeerActive(PEER, true);
    told(PEER, SyncMessage.FLOW_UPDATE, 1);
    assertThat(table.count(TableFlows.owner(PEER))).isEqualTo(1);
  }

  @Test
  void comparingEndsWhatThePeerDidNotNameAgain() {
    told(SyncMessage.FLOW_NEW, 1);
    told(SyncMessage.FLOW_NEW, 2);

    flows.everythingBegins(PEER);
    told(SyncMessage.FLOW_UPDATE, 2);
    flows.everythingEnds(PEER);
    while (flows.sweepSome(10)) {
      // A piece at a time.
    }

    assertThat(table.isLive(table.find(flow(2).original, 0))).isTrue();
    assertThat(table.count(TableFlows.owner(PEER))).isEqualTo(1);
  }
}
