package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.Heartbeat;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkMessageType;
import dev.holdfast.agent.sync.wire.Marker;
import dev.holdfast.agent.sync.wire.RouterState;
import java.nio.ByteBuffer;

/**
 * Sends what goes to one peer on every path: a heartbeat each, every 20 ms or advert interval, once
 * a second who we are, and between them what cannot wait ({@link LinkWords}).
 */
final class BeatSender {
  private static final long IDENTITY_NANOS = 1_000_000_000L;

  private final LinkPaths paths;
  private final SealedChannel channel;
  private final SealedSender sender;
  private final OwnFlows ours;
  private final OutStream out;
  private final InStream in;
  private final LinkWords words;

  private long everyNanos;
  private Hello identity;
  private byte[] stateBytes;
  private long beatAtNanos;
  private long identityAtNanos;

  BeatSender(
      LinkPaths paths,
      SealedChannel channel,
      SealedSender sender,
      OwnFlows ours,
      OutStream out,
      InStream in,
      LinkWords words,
      Hello identity,
      RouterState state,
      long nowNanos) {
    this.paths = paths;
    this.channel = channel;
    this.sender = sender;
    this.ours = ours;
    this.out = out;
    this.in = in;
    this.words = words;
    this.identity = identity;
    this.stateBytes = Heartbeat.encode(state);
    this.beatAtNanos = nowNanos;
    this.identityAtNanos = nowNanos;
  }

  /** Between two heartbeats on one path, from the next one on. */
  void every(long nanos) {
    everyNanos = nanos;
  }

  /** What we say of ourselves from now on, as {@link Heartbeat#encode} made it; said at once. */
  void tell(byte[] encoded, long nowNanos) {
    stateBytes = encoded;
    beatAtNanos = nowNanos;
  }

  void identify(Hello identity, long nowNanos) {
    this.identity = identity;
    identityAtNanos = nowNanos;
  }

  /** The next heartbeat goes now. */
  void beatNow(long nowNanos) {
    beatAtNanos = nowNanos;
  }

  /** The next heartbeat goes now, and tells who we are: to a peer that is new. */
  void introduce(long nowNanos) {
    beatAtNanos = nowNanos;
    identityAtNanos = nowNanos;
  }

  /** Sends what is due. */
  void send(LinkSink sink, long nowNanos) {
    if (channel.established()) {
      words.judge(out.acknowledgedPosition());
    }
    if (beatAtNanos - nowNanos <= 0) {
      beatAtNanos = nowNanos + everyNanos;
      beat(sink, nowNanos);
    } else if (words.anyToSay() && channel.established()) {
      sendOnAllPaths(sink, false, false);
    }
  }

  private void beat(LinkSink sink, long nowNanos) {
    sender.handshakes(sink, nowNanos);
    if (channel.established()) {
      boolean identify = identityAtNanos - nowNanos <= 0;
      if (identify) {
        identityAtNanos = nowNanos + IDENTITY_NANOS;
      }
      sendOnAllPaths(sink, true, identify);
    }
    paths.nextTurns();
  }

  private void sendOnAllPaths(LinkSink sink, boolean beat, boolean identify) {
    long acknowledged = out.acknowledgedPosition();
    for (int path = 0; path < paths.count(); path++) {
      ByteBuffer plain = sender.begin(path);
      if (beat) {
        writeBeat(plain, paths.get(path).up(), acknowledged);
      }
      words.write(plain, acknowledged);
      if (plain.position() > 0) {
        sender.send(sink, path);
      }
      if (identify) {
        identity.write(sender.begin(path));
        sender.send(sink, path);
      }
    }
    words.said();
  }

  private void writeBeat(ByteBuffer into, boolean hearing, long acknowledged) {
    int micros = (int) (everyNanos / 1_000);
    Heartbeat.write(into, hearing, micros, ours.newestPosition(), acknowledged, stateBytes);
    if (in.begun()) {
      in.writeAnswer(into);
    }
    if (out.everythingArrived() && !out.peerKnowsComplete()) {
      Marker.write(into, LinkMessageType.EVERYTHING_SENT, out.stream());
    }
  }

  long deadlineNanos(long nowNanos) {
    // Without a session what is urgent waits for one, and heartbeats ask for that.
    return words.urgent() && channel.established() ? nowNanos : beatAtNanos;
  }
}
