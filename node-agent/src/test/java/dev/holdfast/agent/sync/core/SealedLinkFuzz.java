package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.LinkRole;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.agent.sync.wire.SealedEnvelope;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * The sealed link under a fuzzer: the input as a datagram of somebody without the key, and well
 * sealed as the inside of one of a peer that has it (heartbeat, flows, identity, handover …).
 */
public final class SealedLinkFuzz {
  private static final long MILLI = 1_000_000L;
  private static final IpAddress THERE = IpAddress.parse("10.9.0.2");
  private static final int INSIDE_MAX = 1_400;
  private static final int INPUTS_PER_LINK = 2_000;
  private static SealedLinkFuzz standing = new SealedLinkFuzz();

  private final FlowTable table = new FlowTable(FlowMemory.onHeap(), 1, 2_000, 100);
  private final TableFlows flows = new TableFlows(table, new ConntrackdCodec(Dialect.HOLDFAST));
  private final LinkKeys keys = LinkKeys.of(SyncWorld.key(7));
  private final SealedChannel peer =
      new SealedChannel(
          "home", "router-b", "router-a", keys, 5, new SeededBytes(2), new SealedEnvelope(), 0);
  private final ByteBuffer inside = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private final ByteBuffer datagram = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private final SyncLinks links;
  private final LinkSink sink = new Answering();
  private long now = MILLI;
  private int inputs;

  private SealedLinkFuzz() {
    links =
        new SyncLinks(
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
            new RouterState(LinkRole.ACTIVE, 100, false, true, 1, 1, "x", "", false, 0, List.of()),
            Map.of(),
            (_, _) -> {},
            now);
    links.fill(sink, now);
    links.fill(sink, now += 20 * MILLI);
    if (!peer.established()) {
      throw new IllegalStateException("the link was not established");
    }
  }

  /** The peer takes what the link sends, and answers its handshakes. */
  private final class Answering implements LinkSink {
    @Override
    public void send(int path, IpAddress target, ByteBuffer sent) {
      EnvelopeHeader header = new EnvelopeHeader();
      if (header.read(sent) == null
          && peer.open(header, sent, inside, now) == null
          && peer.takeReplyPaths() != 0) {
        ByteBuffer answer = ByteBuffer.allocate(500);
        peer.sealHandshake(EnvelopeKind.RESPOND, 0, answer);
        links.received(0, THERE, answer.flip(), now);
      }
    }

    @Override
    public void sendHello(int path, ByteBuffer hello) {}
  }

  public static void fuzzerTestOneInput(byte[] input) {
    if (standing.inputs++ == INPUTS_PER_LINK) {
      standing = new SealedLinkFuzz();
    }
    standing.take(input);
  }

  private void take(byte[] input) {
    links.received(0, THERE, ByteBuffer.wrap(input), now);
    datagram.clear();
    peer.sealData(0, ByteBuffer.wrap(input, 0, Math.min(input.length, INSIDE_MAX)), datagram);
    links.received(0, THERE, datagram.flip(), now);
    links.fill(sink, now += MILLI / 10);
    flows.sweepSome(50);
    if (table.used() > table.entriesMax()) {
      throw new IllegalStateException("the table outgrew its bound");
    }
  }
}
