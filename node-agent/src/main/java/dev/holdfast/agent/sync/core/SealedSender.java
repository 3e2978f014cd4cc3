package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;

/**
 * Seals datagrams for one peer and sends them, one at a time: {@link #begin}, write, {@link #send}.
 * Where no address of the peer is known nothing is sent.
 */
final class SealedSender {
  /** A path that claims to carry less gets datagrams of this size all the same. */
  private static final int PLAIN_BYTES_MIN = 512;

  private final SealedChannel channel;
  private final LinkPaths paths;
  private final LinkCounters counters;
  private final ByteBuffer plain = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private final ByteBuffer sealed = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);

  SealedSender(SealedChannel channel, LinkPaths paths, LinkCounters counters) {
    this.channel = channel;
    this.paths = paths;
    this.counters = counters;
  }

  /** The inside of a datagram for that path, empty; its limit is what fits. */
  ByteBuffer begin(int path) {
    int fits = paths.get(path).datagramBytes - EnvelopeHeader.overhead(EnvelopeKind.DATA);
    return plain.clear().limit(Math.max(PLAIN_BYTES_MIN, fits));
  }

  /** Sends what was written since {@link #begin}, also when that is nothing; needs a session. */
  void send(LinkSink sink, int path) {
    IpAddress target = paths.get(path).target();
    if (target != null) {
      sealed.clear();
      channel.sealData(path, plain.flip(), sealed);
      send(sink, path, target);
    }
  }

  /** Begins a session, or asks the peer to, on every path, when it is time for that. */
  void handshakes(LinkSink sink, long nowNanos) {
    EnvelopeKind kind = channel.due(nowNanos);
    if (kind != null) {
      for (int path = 0; path < paths.count(); path++) {
        handshake(sink, path, kind);
      }
    }
  }

  /** Answers handshakes on the paths on which they came. */
  void replies(LinkSink sink) {
    if (!channel.replyDue()) {
      return;
    }
    EnvelopeKind kind = channel.replyKind();
    long due = channel.takeReplyPaths();
    for (int path = 0; path < paths.count(); path++) {
      if ((due & 1L << path) != 0) {
        handshake(sink, path, kind);
      }
    }
  }

  private void handshake(LinkSink sink, int path, EnvelopeKind kind) {
    IpAddress target = paths.get(path).target();
    if (target != null) {
      sealed.clear();
      channel.sealHandshake(kind, path, sealed);
      send(sink, path, target);
    }
  }

  private void send(LinkSink sink, int path, IpAddress target) {
    sealed.flip();
    counters.datagramsSent++;
    counters.bytesSent += sealed.remaining();
    sink.send(path, target, sealed);
  }
}
