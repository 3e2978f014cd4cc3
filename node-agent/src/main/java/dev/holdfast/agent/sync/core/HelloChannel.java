package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.KeySchedule;
import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.LinkFields;
import dev.holdfast.agent.sync.wire.LinkKey;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.LinkMessageType;
import dev.holdfast.agent.sync.wire.ReplayWindow;
import dev.holdfast.agent.sync.wire.SealedEnvelope;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Sealed hellos to all routers of the cluster at once. One proves only that somebody with the key
 * once said so: it may be old and sent again. So what it says is tried, never believed.
 */
final class HelloChannel {
  private static final int PER_SECOND = 200;
  private static final int BURST = 50;

  private final String cluster;
  private final String self;
  private final RandomBytes random;
  private final SealedEnvelope envelope;
  private final EnvelopeHeader out = new EnvelopeHeader();
  private final ByteBuffer plain = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX / 2);
  private final ByteBuffer opened = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private final LinkFields messages = new LinkFields();
  private final RateLimit limit;
  private final Map<String, Heard> heard = new HashMap<>();

  private LinkKeys keys;
  private @Nullable LinkKey root;
  private byte[] salt = new byte[0];
  private @Nullable SecretKey key;
  private final long[] counters = new long[EnvelopeHeader.PATHS_MAX];

  /** The salt that a router uses at present, and which of its hellos were seen. */
  private static final class Heard {
    final LinkKey root;
    final byte[] salt;
    final SecretKey key;
    final @Nullable ReplayWindow[] windows = new ReplayWindow[EnvelopeHeader.PATHS_MAX];

    Heard(LinkKey root, byte[] salt, SecretKey key) {
      this.root = root;
      this.salt = salt;
      this.key = key;
    }
  }

  HelloChannel(
      String cluster,
      String self,
      LinkKeys keys,
      RandomBytes random,
      SealedEnvelope envelope,
      long nowNanos) {
    this.cluster = cluster;
    this.self = self;
    this.keys = keys;
    this.random = random;
    this.envelope = envelope;
    this.limit = new RateLimit(PER_SECOND, BURST, nowNanos);
  }

  void keysChanged(LinkKeys keys) {
    this.keys = keys;
    heard.values().removeIf(known -> !keys.contains(known.root));
  }

  /** The next hello gets a salt of its own. */
  void forget() {
    root = null;
  }

  void seal(Hello hello, int path, ByteBuffer into) {
    LinkKey sealing = keys.sealing();
    SecretKey sealKey = key;
    if (sealKey == null || !sealing.equals(root)) {
      salt = new byte[EnvelopeHeader.SALT_BYTES];
      random.fill(salt);
      sealKey = KeySchedule.hello(sealing, salt, cluster, self);
      key = sealKey;
      root = sealing;
      Arrays.fill(counters, 0);
    }
    out.kind = EnvelopeKind.HELLO;
    out.path = path;
    out.keyId = sealing.id();
    out.clusterTag = KeySchedule.clusterTag(cluster);
    out.senderTag = KeySchedule.nodeTag(self);
    out.receiverTag = 0;
    out.session = 0;
    out.counter = counters[path]++;
    plain.clear();
    hello.write(plain);
    envelope.seal(out, salt, sealKey, plain.flip(), into);
  }

  /** What a hello from {@code sender} claims, or why it does not count. */
  Hello.Read open(EnvelopeHeader header, String sender, ByteBuffer datagram, long nowNanos) {
    LinkKey named = keys.find(header.keyId);
    if (named == null) {
      return new Hello.Read.Dropped(LinkDropReason.WRONG_KEY);
    }
    if (!limit.allows(nowNanos)) {
      return new Hello.Read.Dropped(LinkDropReason.RATE_LIMITED);
    }
    byte[] theirSalt = new byte[EnvelopeHeader.SALT_BYTES];
    datagram.get(datagram.position() + EnvelopeHeader.BYTES, theirSalt);
    Heard known = heard.get(sender);
    if (known == null || !known.root.equals(named) || !Arrays.equals(known.salt, theirSalt)) {
      known = new Heard(named, theirSalt, KeySchedule.hello(named, theirSalt, cluster, sender));
    }
    ReplayWindow window = SealedSession.window(known.windows, header.path);
    LinkDropReason drop = window.judge(header.counter);
    if (drop == null) {
      drop = envelope.open(header, known.key, datagram, opened);
    }
    if (drop != null) {
      return new Hello.Read.Dropped(drop);
    }
    window.received(header.counter);
    heard.put(sender, known);
    return read(sender);
  }

  private Hello.Read read(String sender) {
    messages.over(opened, opened.position(), opened.limit());
    while (messages.next()) {
      if (messages.number() == LinkMessageType.IDENTITY) {
        Hello.Read read = Hello.read(messages);
        return read instanceof Hello.Read.Ok(Hello hello) && !hello.node().equals(sender)
            ? new Hello.Read.Dropped(LinkDropReason.MALFORMED_FIELD)
            : read;
      }
    }
    return new Hello.Read.Dropped(LinkDropReason.MALFORMED_MESSAGE);
  }
}
