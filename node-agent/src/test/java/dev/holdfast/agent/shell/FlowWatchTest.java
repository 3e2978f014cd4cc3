package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.ctnetlink.CtRequests;
import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.flow.Replication;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Prefix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the kernel tells of its flows, by role")
class FlowWatchTest {
  private static final int PEER = 1;
  private static final int TYPE = 4;
  private static final short CT_DELETE = 1 << 8 | 2;
  private static final short CTA_ID = 12;
  private static final int FLAGS = 6;
  private static final short MULTI = 2;
  private static final short EXP_NEW = 2 << 8;
  private static final short EXP_DELETE = 2 << 8 | 2;
  private static final short BORN = 0x600;

  private final FlowTable table = new FlowTable(FlowMemory.onHeap(), 7, 1000, 100);
  private final FlowWatch watch =
      new FlowWatch(
          table, new ReplicationRules(List.of(Prefix.parse("192.168.0.1/32")), List.of()));
  private final CtRequests requests = new CtRequests();

  private static FlowEntry flow(String client, int port) {
    FlowEntry flow = new FlowEntry();
    flow.original.ipv4(Ipv4Address.parse(client).bits(), Ipv4Address.parse("203.0.113.9").bits());
    flow.original.protocol = IpProtocol.TCP;
    flow.original.ports(port, 443);
    flow.reply.invert(flow.original);
    flow.has = FlowEntry.HAS_STATUS | FlowEntry.HAS_TIMEOUT;
    flow.status = FlowStatus.CONFIRMED;
    flow.timeoutSeconds = 120;
    return flow;
  }

  private static ByteBuffer buffer() {
    return ByteBuffer.allocate(2048).order(ByteOrder.nativeOrder());
  }

  /** A request to create a flow has the layout of the event that it was born. */
  private ByteBuffer event(FlowEntry flow) {
    ByteBuffer event = buffer();
    requests.create(event, flow, flow.timeoutSeconds, 0);
    if (flow.has(FlowEntry.HAS_ID)) {
      event.putShort((short) 8).putShort(CTA_ID).putInt(Integer.reverseBytes(flow.kernelId));
      event.putInt(0, event.position());
    }
    return event;
  }

  private void born(FlowEntry flow) {
    watch.take(event(flow).flip(), 1);
  }

  private void seen(FlowEntry flow) {
    watch.take(event(flow).putShort(FLAGS, MULTI).flip(), 1);
  }

  private void ended(FlowEntry flow) {
    watch.take(event(flow).putShort(TYPE, CT_DELETE).flip(), 1);
  }

  private static void identify(FlowEntry flow, int kernelId) {
    flow.kernelId = kernelId;
    flow.has |= FlowEntry.HAS_ID;
  }

  private int find(FlowEntry flow) {
    return table.find(flow.original, flow.zone);
  }

  @Test
  void anActiveRoutersFlowsAreOurs() {
    watch.active(true);
    FlowEntry flow = flow("192.168.0.50", 40_000);
    born(flow);
    assertThat(table.ownerOf(find(flow))).isEqualTo(FlowTable.OURS);
    assertThat(table.ours().count()).isEqualTo(1);
    ended(flow);
    assertThat(table.ours().count()).isZero();
  }

  @Test
  void whatEndedWhileADumpWasReadIsNotBroughtBackByIt() {
    watch.active(true);
    FlowEntry flow = flow("192.168.0.50", 40_000);
    FlowEntry another = flow("192.168.0.50", 40_000);
    identify(flow, 77);
    identify(another, 78);

    watch.dumpBegins();
    ended(flow);
    seen(flow);
    assertThat(find(flow)).isEqualTo(FlowTable.NONE);
    seen(another);
    assertThat(table.isLive(find(another))).as("another life of the same tuple").isTrue();
    watch.dumpEnds();
  }

  @Test
  void aDumpsOlderWordFillsInWhatAYoungerEventLeftOutAndChangesNothing() {
    watch.active(true);
    FlowEntry older = flow("192.168.0.50", 40_000);
    older.has |= FlowEntry.HAS_TCP_STATE | FlowEntry.HAS_MARK;
    older.state = FlowState.TCP_SYN_RECV;
    older.mark = 5;
    FlowEntry younger = flow("192.168.0.50", 40_000);
    younger.has |= FlowEntry.HAS_TCP_STATE;
    younger.state = FlowState.TCP_ESTABLISHED;

    watch.dumpBegins();
    born(younger);
    seen(older);
    watch.dumpEnds();
    FlowEntry held = new FlowEntry();
    table.read(find(older), held);
    assertThat(held.state).isEqualTo(FlowState.TCP_ESTABLISHED);
    assertThat(held.mark).isEqualTo(5);

    watch.dumpBegins();
    seen(older);
    table.read(find(older), held);
    assertThat(held.state).as("in the next dump").isEqualTo(FlowState.TCP_SYN_RECV);
  }

  @Test
  void whatWasBornBeforeTheRoleWentAndIsReadAfterwardsIsToldUnlessThePeerHasIt() {
    FlowEntry late = flow("192.168.0.50", 40_000);
    FlowEntry told = flow("192.168.0.50", 40_001);
    FlowEntry stray = flow("192.168.0.50", 40_002);
    watch.active(true);
    watch.active(false);
    watch.lingers(true);
    table.store(PEER, Telling.BORN, told, true, 0);

    born(late);
    born(told);
    watch.lingers(false);
    born(stray);

    assertThat(table.ownerOf(find(late))).isEqualTo(FlowTable.OURS);
    assertThat(table.ownerOf(find(told))).isEqualTo(PEER);
    assertThat(find(stray)).isEqualTo(FlowTable.NONE);
  }

  @Test
  void theRoutersOwnFlowsAreNobodys() {
    watch.active(true);
    FlowEntry own = flow("192.168.0.1", 40_000);
    born(own);
    assertThat(find(own)).isEqualTo(FlowTable.NONE);
    assertThat(watch.leftOut(Replication.IGNORED_SOURCE)).isEqualTo(1);
  }

  @Test
  void whatABackupsKernelTracksIsNotOurs() {
    FlowEntry flow = flow("192.168.0.50", 40_000);
    born(flow);
    seen(flow);
    assertThat(find(flow)).isEqualTo(FlowTable.NONE);
  }

  @Test
  void aFlowOfTheirsThatTimedOutHereIsPutBackAndNotReportedAsEnded() {
    FlowEntry flow = flow("192.168.0.50", 40_000);
    table.store(PEER, Telling.BORN, flow, true, 0);
    int handle = find(flow);
    table.setNote(handle, FlowCommitter.WRITTEN);
    long before = table.position(handle);

    ended(flow);
    assertThat(table.isLive(handle)).isTrue();
    assertThat(table.note(handle)).as("to be created").isEqualTo(FlowCommitter.STALE);
    assertThat(table.position(handle)).isGreaterThan(before);
    assertThat(table.ours().newestPosition()).isZero();
    assertThat(watch.putBack()).isEqualTo(1);
  }

  @Test
  void anExpectationOfTheirsThatEndedHereIsPutBack() {
    ExpectEntry foretold = Flows.expectation(40_000);
    table.store(PEER, Telling.BORN, foretold, true, 0);
    int handle = find(foretold);
    table.setNote(handle, FlowCommitter.WRITTEN);
    long before = table.position(handle);

    expectation(foretold, EXP_DELETE, (short) 0);

    assertThat(table.isLive(handle)).isTrue();
    assertThat(table.position(handle)).isGreaterThan(before);
  }

  @Test
  void anExpectationThatEndedWhileADumpWasReadIsNotBroughtBackByIt() {
    watch.active(true);
    ExpectEntry ended = Flows.expectation(40_000);
    ExpectEntry again = Flows.expectation(40_001);

    watch.dumpBegins();
    expectation(ended, EXP_DELETE, (short) 0);
    expectation(ended, EXP_NEW, MULTI);
    assertThat(find(ended)).isEqualTo(FlowTable.NONE);
    expectation(again, EXP_DELETE, (short) 0);
    expectation(again, EXP_NEW, BORN);
    expectation(again, EXP_NEW, MULTI);
    assertThat(table.isLive(find(again))).isTrue();
    watch.dumpEnds();

    watch.dumpBegins();
    expectation(ended, EXP_NEW, MULTI);
    assertThat(table.isLive(find(ended))).as("in the next dump").isTrue();
  }

  private void expectation(ExpectEntry foretold, short type, short flags) {
    ByteBuffer event = buffer();
    requests.create(event, foretold, foretold.timeoutSeconds);
    watch.take(event.putShort(TYPE, type).putShort(FLAGS, flags).flip(), 1);
  }

  private int find(ExpectEntry foretold) {
    return table.findExpectation(foretold.expected, foretold.zone);
  }

  @Test
  void aFlowOfAnEarlierLifeThatTheActiveRouterDoesNotKnowIsTakenOut() {
    FlowEntry known = flow("192.168.0.50", 40_000);
    FlowEntry leftover = flow("192.168.0.50", 40_001);
    table.store(PEER, Telling.BORN, known, true, 0);
    watch.cleanFor(PEER);
    seen(known);
    seen(leftover);
    assertThat(table.isLive(find(known))).isTrue();
    assertThat(table.isEnded(find(leftover))).isTrue();
    assertThat(table.ownerOf(find(leftover))).isEqualTo(PEER);
    assertThat(table.note(find(leftover))).as("its end is told").isEqualTo(FlowCommitter.STALE);
    assertThat(table.note(find(known))).as("here from before").isEqualTo(FlowCommitter.STALE);
    assertThat(table.ours().newestPosition()).isZero();
  }

  @Test
  void aFlowThatEndedUnwrittenAndStandsHereFromBeforeIsTakenOut() {
    FlowEntry ended = flow("192.168.0.50", 40_000);
    table.store(PEER, Telling.BORN, ended, true, 0);
    table.end(find(ended));
    watch.cleanFor(PEER);

    seen(ended);

    assertThat(table.isEnded(find(ended))).isTrue();
    assertThat(table.note(find(ended))).isEqualTo(FlowCommitter.STALE);
  }

  @Test
  void afterTheRoleWasGivenAwayWhatTheNewActiveRouterDoesNotNameGoesWithoutAWordToThePeers() {
    FlowEntry moved = flow("192.168.0.50", 40_000);
    FlowEntry stale = flow("192.168.0.50", 40_001);
    table.store(FlowTable.OURS, Telling.BORN, stale, true, 0);
    table.store(PEER, Telling.BORN, moved, true, 0);
    long told = table.ours().newestPosition();

    assertThat(watch.purgeSome(FlowTable.NONE, PEER, 100, 1)).isEqualTo(FlowTable.NONE);
    assertThat(table.isLive(find(moved))).isTrue();
    assertThat(table.isEnded(find(stale))).isTrue();
    assertThat(table.ours().newestPosition()).isEqualTo(told);
    assertThat(table.theirs().tombstones()).isEqualTo(1);
    assertThat(table.note(find(stale))).as("its end is told").isEqualTo(FlowCommitter.STALE);
  }

  @Test
  void aTornMessageEndsTheBufferAndIsCounted() {
    ByteBuffer torn = buffer();
    torn.putInt(0, 4000).position(40).flip();
    watch.take(torn, 1);
    assertThat(watch.malformed()).isEqualTo(1);
  }

  @Test
  void whatTheRulesLeaveOutIsCountedWhileItLives() {
    watch.active(true);
    FlowEntry own = flow("192.168.0.1", 40_000);
    born(own);
    born(flow("192.168.0.1", 40_001));
    ended(own);
    assertThat(watch.leftOut(Replication.IGNORED_SOURCE)).isEqualTo(1);

    watch.dumpBegins();
    seen(flow("192.168.0.1", 40_001));
    assertThat(watch.leftOut(Replication.IGNORED_SOURCE)).isEqualTo(1);
  }

  @Test
  void aBackupCountsNothingAsLeftOut() {
    watch.active(false);
    born(flow("192.168.0.1", 40_000));
    assertThat(watch.leftOut(Replication.IGNORED_SOURCE)).isZero();
  }

  @Test
  void onlyOtherRulesAreNews() {
    assertThat(
            watch.rules(new ReplicationRules(List.of(Prefix.parse("192.168.0.1/32")), List.of())))
        .isFalse();
    assertThat(
            watch.rules(new ReplicationRules(List.of(Prefix.parse("192.168.0.2/32")), List.of())))
        .isTrue();
  }
}
