package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.flow.Stored;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.sync.core.KeptFlows.Fate;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Flows that outlive the table")
class KeptFlowsTest {
  private static final int PEER = 1;
  private static final int MANY = 20_000;
  private static final String VIRTUAL = "10.2.0.100";

  private final FlowTable before = table(MANY);
  private final FlowTable after = table(MANY);
  private final EnumMap<Fate, Integer> fates = new EnumMap<>(Fate.class);

  private static FlowTable table(int most) {
    return new FlowTable(FlowMemory.onHeap(), 7, most, 100);
  }

  private static KeptFlows.Judge judge(long ageSeconds) {
    return new KeptFlows.Judge(
        new ReplicationRules(List.of(), List.of()), Set.of(IpAddress.parse(VIRTUAL)), ageSeconds);
  }

  private static FlowEntry tcp(int port) {
    return Flows.tcp("10.1.0.2", port, "10.2.0.2", 80);
  }

  private static FlowEntry translated(int port) {
    return Flows.translateSource(tcp(port), VIRTUAL, port);
  }

  private void hold(FlowEntry... flows) {
    for (FlowEntry flow : flows) {
      before.store(FlowTable.OURS, Telling.BORN, flow, true, 1);
    }
  }

  /** Everything that the table keeps, as on a disk. */
  private static List<byte[]> pieces(FlowTable table) {
    var kept = new KeptFlows(table);
    List<byte[]> pieces = new ArrayList<>();
    ByteBuffer piece = ByteBuffer.allocate(KeptFlows.PIECE_BYTES_MAX);
    int at = FlowTable.NONE;
    do {
      at = kept.copy(at, piece.clear());
      byte[] bytes = new byte[piece.flip().remaining()];
      piece.get(bytes);
      pieces.add(bytes);
    } while (at != FlowTable.NONE);
    return pieces;
  }

  private void takeBack(FlowTable into, KeptFlows.Judge judge) {
    var kept = new KeptFlows(into);
    pieces(before).forEach(piece -> kept.take(ByteBuffer.wrap(piece), judge, 1, fates));
  }

  private static Set<String> flows(FlowTable table) {
    Set<String> flows = new TreeSet<>();
    var flow = new FlowEntry();
    for (int at = table.nextLive(FlowTable.NONE); at != FlowTable.NONE; at = table.nextLive(at)) {
      table.read(at, flow);
      flows.add(flow + " " + Integer.toHexString(flow.status));
    }
    return flows;
  }

  @Test
  void everyLongLivedFlowComesBackAsItWasWhoeversItIs() {
    hold(
        tcp(1),
        translated(2),
        Flows.translateDestination(Flows.tcp("10.2.0.9", 3, VIRTUAL, 8080), "10.1.0.2", 80),
        Flows.tcp("fd00:1::2", 4, "fd00:2::2", 443),
        Flows.translateSource(Flows.udp("10.1.0.2", 5, "10.2.0.2", 53), VIRTUAL, 6_000));
    before.store(PEER, Telling.BORN, tcp(6), true, 1);

    takeBack(after, judge(0));

    assertThat(fates).isEqualTo(Map.of(Fate.RESTORED, 6));
    assertThat(flows(after)).isEqualTo(flows(before)).hasSize(6);
    assertThat(after.count(KeptFlows.OWNER)).as("as if a peer had told them").isEqualTo(6);
  }

  @Test
  void whatIsHalfOpenClosingUnansweredOrForetoldIsNotKept() {
    for (int state = 0; state <= FlowState.TCP_MAX; state++) {
      FlowEntry flow = tcp(100 + state);
      flow.state = state;
      hold(flow);
    }
    FlowEntry once = Flows.udp("10.1.0.2", 1, "10.2.0.2", 53);
    once.status &= ~FlowStatus.ASSURED;
    FlowEntry unknown = tcp(2);
    unknown.has &= ~FlowEntry.HAS_TCP_STATE;
    FlowEntry ended = tcp(3);
    hold(once, unknown, ended);
    before.end(before.find(ended.original, 0));
    before.store(FlowTable.OURS, Telling.BORN, Flows.expectation(4), true, 1);

    takeBack(after, judge(0));

    assertThat(flows(after)).singleElement().asString().contains("sport=103");
  }

  @Test
  void manyAreCopiedInPiecesAndEachOnce() {
    for (int i = 0; i < MANY; i++) {
      hold(Flows.tcp("10.1." + i / 60_000 + ".2", i + 1, "10.2.0.2", 80));
    }

    List<byte[]> pieces = pieces(before);
    takeBack(after, judge(0));

    assertThat(pieces).allMatch(piece -> piece.length <= KeptFlows.PIECE_BYTES_MAX);
    assertThat(fates).isEqualTo(Map.of(Fate.RESTORED, MANY));
    assertThat(after.count(KeptFlows.OWNER)).isEqualTo(MANY);
  }

  @Test
  void aLifetimeGoesOnWhileThereIsNoPowerAndWhatRunsOutStaysAway() {
    FlowEntry datagrams = Flows.udp("10.1.0.2", 1, "10.2.0.2", 53);
    FlowEntry stream = tcp(2);
    hold(datagrams, stream);

    takeBack(after, judge(119));
    var left = new FlowEntry();
    after.read(after.find(datagrams.original, 0), left);
    assertThat(left.timeoutSeconds).isEqualTo(1);

    FlowTable later = table(10);
    takeBack(later, judge(120));
    assertThat(fates).isEqualTo(Map.of(Fate.RESTORED, 3, Fate.EXPIRED, 1));
    later.read(later.find(stream.original, 0), left);
    assertThat(left.timeoutSeconds).isEqualTo(432_000 - 120);
  }

  @Test
  void aClockThatIsBehindMakesNothingOlderAndOneFarAheadMakesAllTooOld() {
    assertThat(KeptFlows.ageSeconds(1_000, 1_095)).isEqualTo(95);
    assertThat(KeptFlows.ageSeconds(1_000, 5)).isZero();
    hold(tcp(1));

    takeBack(after, judge(KeptFlows.ageSeconds(1_795_000_000L, 4_000_000_000L)));

    assertThat(fates).isEqualTo(Map.of(Fate.EXPIRED, 1));
  }

  @Test
  void whatIsTranslatedWithAnAddressThatIsNotOursAnyMoreStaysAway() {
    hold(
        Flows.translateSource(tcp(1), "10.2.0.99", 1),
        Flows.translateDestination(Flows.tcp("10.2.0.9", 2, "10.2.0.99", 8080), "10.1.0.2", 80),
        translated(3));

    takeBack(after, judge(0));

    assertThat(fates).isEqualTo(Map.of(Fate.RESTORED, 1, Fate.OTHER_ADDRESS, 2));
  }

  @Test
  void whatTheRulesLeaveOutNowStaysAway() {
    hold(tcp(1), Flows.tcp("10.9.0.2", 2, "10.2.0.2", 80));
    var rules = new ReplicationRules(List.of(Prefix.parse("10.9.0.0/16")), List.of());

    takeBack(after, new KeptFlows.Judge(rules, Set.of(), 0));

    assertThat(fates).isEqualTo(Map.of(Fate.RESTORED, 1, Fate.LEFT_OUT, 1));
  }

  @Test
  void whatAPeerSaidWinsItsEndToo() {
    FlowEntry alive = tcp(1);
    alive.mark = 7;
    alive.has |= FlowEntry.HAS_MARK;
    after.store(PEER, Telling.BORN, alive, true, 1);
    after.store(PEER, Telling.BORN, tcp(2), true, 1);
    after.end(after.lastHandle());
    hold(tcp(1), tcp(2), tcp(3));

    takeBack(after, judge(0));

    assertThat(fates).isEqualTo(Map.of(Fate.RESTORED, 1, Fate.KNOWN, 2));
    assertThat(flows(after)).hasSize(2).anyMatch(flow -> flow.contains("mark=7"));
    assertThat(after.store(PEER, Telling.BORN, tcp(3), true, 1))
        .as("and what it says later replaces the disk's")
        .isEqualTo(Stored.CHANGED);
    assertThat(after.count(KeptFlows.OWNER)).isZero();
  }

  @Test
  void aFullTableTakesWhatItCan() {
    hold(tcp(1), tcp(2), tcp(3));

    takeBack(table(2), judge(0));

    assertThat(fates).isEqualTo(Map.of(Fate.RESTORED, 2, Fate.NO_ROOM, 1));
  }

  @Test
  void whateverStandsInAPieceIsCountedAndNeverThrown() {
    FlowEntry helped = translated(1);
    helped.helper.set("ftp");
    helped.labels[1] = 5;
    helped.labelWords = 4;
    helped.has |= FlowEntry.HAS_HELPER | FlowEntry.HAS_LABELS;
    hold(helped, Flows.tcp("fd00:1::2", 4, "fd00:2::2", 443));
    FlowEntry gre = Flows.udp("10.1.0.2", 0, "10.2.0.2", 0);
    gre.original.protocol = IpProtocol.GRE;
    gre.reply.protocol = IpProtocol.GRE;
    hold(gre);
    byte[] good = pieces(before).getFirst();
    Random random = new Random(1);
    for (int round = 0; round < 20_000; round++) {
      byte[] bad = good.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      ByteBuffer piece = ByteBuffer.wrap(bad).limit(random.nextInt(bad.length + 1));
      new KeptFlows(after).take(piece, judge(0), 1, fates);
    }
    assertThat(fates).containsKeys(Fate.RESTORED, Fate.UNREADABLE, Fate.OTHER_ADDRESS);
  }
}
