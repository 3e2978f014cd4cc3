package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.agent.sync.wire.FlowsFrame;
import dev.holdfast.agent.sync.wire.FlowsReceived;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Heartbeat;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkFields;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.LinkMessageType;
import dev.holdfast.agent.sync.wire.LinkRole;
import dev.holdfast.agent.sync.wire.Marker;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.agent.sync.wire.SealedEnvelope;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A peer that has the key and says nonsense: well sealed datagrams whose inside was changed, as a
 * faulty or a much newer Holdfast would send. Nothing throws, everything stays bounded, and ours
 * are ours.
 */
@DisplayName("A peer that has the key and says nonsense")
class HostilePeerTest {
  private static final long MILLI = 1_000_000L;
  private static final IpAddress HERE = IpAddress.parse("10.9.0.1");
  private static final IpAddress THERE = IpAddress.parse("10.9.0.2");
  private static final RouterState STATE =
      new RouterState(
          LinkRole.BACKUP, 100, false, true, 1, 1, "x", "", false, 0, List.of("wan carrier"));

  private final FlowTable table = new FlowTable(FlowMemory.onHeap(), 1, 2_000, 100);
  private final TableFlows flows = new TableFlows(table, new ConntrackdCodec(Dialect.HOLDFAST));
  private final LinkKeys keys = LinkKeys.of(SyncWorld.key(7));
  private final SealedChannel peer =
      new SealedChannel(
          "home", "router-b", "router-a", keys, 5, new SeededBytes(2), new SealedEnvelope(), 0);
  private final ByteBuffer inside = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private long now = MILLI;
  private int sent;

  private SyncLinks links() {
    return new SyncLinks(
        new LinkSettings(
            "home",
            "router-a",
            List.of(new LinkSettings.Path("sync", 1472)),
            List.of(new LinkSettings.Peer("router-b", Map.of("sync", List.of(THERE)))),
            100 * MILLI),
        keys,
        3,
        new SeededBytes(1),
        flows,
        flows,
        new Hello("router-a", "x", 3781, List.of()),
        STATE,
        Map.of(),
        (_, _) -> {},
        now);
  }

  /** What the link sends, taken in by the peer; its handshakes are answered. */
  private LinkSink answering(SyncLinks links) {
    return new LinkSink() {
      @Override
      public void send(int path, IpAddress target, ByteBuffer datagram) {
        sent++;
        EnvelopeHeader header = new EnvelopeHeader();
        if (header.read(datagram) == null
            && peer.open(header, datagram, inside, now) == null
            && peer.takeReplyPaths() != 0) {
          ByteBuffer answer = ByteBuffer.allocate(500);
          peer.sealHandshake(EnvelopeKind.RESPOND, 0, answer);
          links.received(0, HERE, answer.flip(), now);
        }
      }

      @Override
      public void sendHello(int path, ByteBuffer datagram) {}
    };
  }

  static byte[] everyMessage() {
    ByteBuffer plain = ByteBuffer.allocate(4_096);
    Heartbeat.write(plain, true, 20_000, 7, 6, Heartbeat.encode(STATE));
    int opened = FlowsFrame.open(plain, 1, 1);
    ConntrackdCodec codec = new ConntrackdCodec(Dialect.HOLDFAST);
    for (int i = 0; i < 6; i++) {
      codec.writeFlow(plain, i % 3, 0, i, Flows.tcp("10.1.0.2", 1000 + i, "192.0.2.1", 80));
    }
    LinkFields.close(plain, opened);
    FlowsReceived received = new FlowsReceived();
    received.begin(1);
    received.advance(3);
    received.write(plain);
    Marker.write(plain, LinkMessageType.EVERYTHING_SENT, 1);
    Marker.write(plain, LinkMessageType.BARRIER, 1);
    Marker.write(plain, LinkMessageType.BARRIER_REACHED, 1);
    new Hello("router-b", "x", 3781, List.of()).write(plain);
    new HandoverMessage(HandoverMessage.Step.GO, 1, "", "").write(plain);
    byte[] bytes = new byte[plain.position()];
    plain.get(0, bytes);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(longs = {31, 32, 33})
  void disturbsNobody(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      table.store(0, Telling.BORN, Flows.udp("10.7.0.1", 1 + i, "192.0.2.9", 53), false, 0);
    }
    // We are active: a peer's word changes nothing of ours.
    flows.setActive(true);
    SyncLinks links = links();
    LinkSink sink = answering(links);
    links.fill(sink, now);
    links.fill(sink, now += 20 * MILLI);
    assertThat(peer.established()).isTrue();
    byte[] good = everyMessage();
    ByteBuffer datagram = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
    for (int i = 0; i < 15_000; i++) {
      byte[] bytes = good.clone();
      for (int n = random.nextInt(8); n > 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      int length = random.nextInt(5) == 0 ? random.nextInt(bytes.length) : bytes.length;
      datagram.clear();
      peer.sealData(0, ByteBuffer.wrap(bytes, 0, length), datagram);
      links.received(0, THERE, datagram.flip(), now);
      sent = 0;
      links.fill(sink, now += MILLI / 10);
      flows.sweepSome(50);
      assertThat(sent).isLessThan(40);
    }
    LinkCounters counters = links.links().getFirst().counters();
    assertThat(counters.drops.total() + counters.flowDrops.total()).isPositive();
    assertThat(counters.unknownMessages).isPositive();
    assertThat(table.count(FlowTable.OURS)).isEqualTo(200);
    assertThat(table.used()).isLessThanOrEqualTo(2_000);
  }
}
