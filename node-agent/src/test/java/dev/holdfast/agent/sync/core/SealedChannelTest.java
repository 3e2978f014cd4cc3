package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.LinkKey;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.SealedEnvelope;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("Sealed channel: sessions of a pair")
class SealedChannelTest {
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;
  private static final LinkKey OLD = key(1);
  private static final LinkKey NEW = key(2);

  private final SeededBytes random = new SeededBytes(20);
  private long now = 5 * SECOND;
  private LinkKeys keys = LinkKeys.of(OLD);
  private SealedChannel a = channel("router-a", "router-b", 11);
  private SealedChannel b = channel("router-b", "router-a", 22);

  private static LinkKey key(int fill) {
    byte[] secret = new byte[LinkKey.BYTES];
    Arrays.fill(secret, (byte) fill);
    return LinkKey.of(secret);
  }

  private SealedChannel channel(String self, String peer, long incarnation) {
    return channel("home", self, peer, incarnation);
  }

  private SealedChannel channel(String cluster, String self, String peer, long incarnation) {
    return new SealedChannel(
        cluster, self, peer, keys, incarnation, random, new SealedEnvelope(), now);
  }

  private static ByteBuffer handshake(SealedChannel from, EnvelopeKind kind, int path) {
    ByteBuffer datagram = ByteBuffer.allocate(500);
    from.sealHandshake(kind, path, datagram);
    return datagram.flip();
  }

  private static ByteBuffer data(SealedChannel from, String text) {
    return data(from, text, 0);
  }

  private static ByteBuffer data(SealedChannel from, String text, int path) {
    ByteBuffer datagram = ByteBuffer.allocate(2000);
    from.sealData(path, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), datagram);
    return datagram.flip();
  }

  private static byte[] bytes(ByteBuffer datagram) {
    byte[] bytes = new byte[datagram.remaining()];
    datagram.get(datagram.position(), bytes);
    return bytes;
  }

  private final ByteBuffer inside = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);

  private @Nullable LinkDropReason receive(SealedChannel to, ByteBuffer datagram) {
    EnvelopeHeader header = new EnvelopeHeader();
    LinkDropReason drop = header.read(datagram);
    return drop != null ? drop : to.open(header, datagram, inside, now);
  }

  private String text() {
    return StandardCharsets.UTF_8.decode(inside.duplicate()).toString();
  }

  /** INITIATE, RESPOND, and the first data, which proves it to the second router. */
  private void establish() {
    establish(a, b);
  }

  private void establish(SealedChannel first, SealedChannel second) {
    assertThat(receive(second, handshake(first, EnvelopeKind.INITIATE, 0))).isNull();
    assertThat(second.takeReplyPaths()).isEqualTo(1);
    assertThat(receive(first, handshake(second, second.replyKind(), 0))).isNull();
    assertThat(receive(second, data(first, "first"))).isNull();
    assertThat(first.established() && second.established()).isTrue();
  }

  private void dataFlows(SealedChannel from, SealedChannel to) {
    assertThat(receive(to, data(from, "hello"))).isNull();
    assertThat(text()).isEqualTo("hello");
  }

  @Nested
  @DisplayName("beginning")
  class Beginning {
    @Test
    void theFirstByNameInitiatesAndTheSecondWakes() {
      assertThat(a.due(now)).isEqualTo(EnvelopeKind.INITIATE);
      assertThat(b.due(now)).isEqualTo(EnvelopeKind.WAKE);
      assertThat(a.established()).isFalse();
    }

    @Test
    void oneRoundMakesASessionThatCarriesDataBothWays() {
      establish();

      dataFlows(a, b);
      dataFlows(b, a);
      assertThat(a.peerIncarnation()).isEqualTo(22);
      assertThat(b.peerIncarnation()).isEqualTo(11);
      assertThat(a.version()).isEqualTo(1);
      assertThat(a.due(now)).isNull();
    }

    @Test
    void theSecondIsNotEstablishedBeforeItHasSeenData() {
      receive(b, handshake(a, EnvelopeKind.INITIATE, 0));
      receive(a, handshake(b, EnvelopeKind.RESPOND, 0));

      assertThat(a.established()).isTrue();
      assertThat(b.established()).isFalse();
    }

    @Test
    void aWakeIsAnsweredWithAnInitiateOnTheSamePath() {
      assertThat(receive(a, handshake(b, EnvelopeKind.WAKE, 3))).isNull();

      assertThat(a.takeReplyPaths()).isEqualTo(1L << 3);
      assertThat(a.replyKind()).isEqualTo(EnvelopeKind.INITIATE);
      assertThat(a.takeReplyPaths()).isZero();
    }

    @Test
    void answersOfOneRoundOnSeveralPathsAreOneSession() {
      receive(b, handshake(a, EnvelopeKind.INITIATE, 0));
      receive(b, handshake(a, EnvelopeKind.INITIATE, 1));
      assertThat(b.takeReplyPaths()).isEqualTo(3);
      ByteBuffer one = handshake(b, EnvelopeKind.RESPOND, 0);
      ByteBuffer other = handshake(b, EnvelopeKind.RESPOND, 1);

      assertThat(receive(a, one)).isNull();
      assertThat(receive(a, other)).isNull();
      assertThat(receive(b, data(a, "x"))).isNull();
      assertThat(receive(b, handshake(a, EnvelopeKind.INITIATE, 1))).isNull();
      dataFlows(a, b);
      dataFlows(b, a);
    }

    @Test
    void aLostAnswerIsAskedForAgainWithTheSameSalt() {
      receive(b, handshake(a, EnvelopeKind.INITIATE, 0));
      handshake(b, EnvelopeKind.RESPOND, 0);

      establish();
      dataFlows(b, a);
    }
  }

  @Nested
  @DisplayName("refusing")
  class Refusing {
    @Test
    void aDatagramTwiceIsReplayed() {
      establish();
      ByteBuffer datagram = data(a, "once");

      assertThat(receive(b, datagram)).isNull();
      assertThat(receive(b, datagram)).isEqualTo(LinkDropReason.REPLAYED);
    }

    @Test
    void pathsCountOnTheirOwnSoASlowOneIsNotTooOld() {
      establish();
      ByteBuffer slow = data(a, "slow", 1);
      for (int i = 0; i < 3000; i++) {
        assertThat(receive(b, data(a, "fast", 0))).isNull();
      }

      assertThat(receive(b, slow)).isNull();
    }

    @Test
    void aDatagramFromBeforeARestartOfEitherSideFitsNoSession() {
      establish();
      ByteBuffer recorded = data(a, "old");
      b = channel("router-b", "router-a", 23);
      assertThat(receive(b, recorded)).isEqualTo(LinkDropReason.UNKNOWN_SESSION);
      establish();
      assertThat(receive(b, recorded)).isEqualTo(LinkDropReason.UNKNOWN_SESSION);

      ByteBuffer recordedLater = data(a, "old");
      a = channel("router-a", "router-b", 12);
      establish();
      assertThat(receive(b, recordedLater)).isEqualTo(LinkDropReason.UNKNOWN_SESSION);
      dataFlows(a, b);
    }

    @Test
    void aRecordedHandshakeSentAgainDoesNotDisturbARunningSession() {
      ByteBuffer initiate = handshake(a, EnvelopeKind.INITIATE, 0);
      ByteBuffer wake = handshake(b, EnvelopeKind.WAKE, 0);
      a = channel("router-a", "router-b", 12);
      establish();
      now += SECOND;

      receive(b, initiate);
      b.takeReplyPaths();
      ByteBuffer respond = handshake(b, EnvelopeKind.RESPOND, 0);
      assertThat(receive(a, respond)).isEqualTo(LinkDropReason.UNEXPECTED_HANDSHAKE);
      receive(a, wake);

      dataFlows(a, b);
      dataFlows(b, a);
      assertThat(b.peerIncarnation()).isEqualTo(12);
      assertThat(receive(b, initiate)).isEqualTo(LinkDropReason.REPLAYED);
    }

    @Test
    void anotherKeyIsNamed() {
      keys = LinkKeys.of(NEW);
      SealedChannel stranger = channel("router-a", "router-b", 12);

      assertThat(receive(b, handshake(stranger, EnvelopeKind.INITIATE, 0)))
          .isEqualTo(LinkDropReason.WRONG_KEY);
    }

    @Test
    void anotherClusterWithTheSameKeyCannotOpen() {
      SealedChannel stranger = channel("work", "router-a", "router-b", 12);

      assertThat(receive(b, handshake(stranger, EnvelopeKind.INITIATE, 0)))
          .isEqualTo(LinkDropReason.FORGED);
    }

    @Test
    void anotherSenderWithTheSameKeyCannotOpen() {
      SealedChannel stranger = channel("router-0", "router-b", 12);

      assertThat(receive(b, handshake(stranger, EnvelopeKind.INITIATE, 0)))
          .isEqualTo(LinkDropReason.FORGED);
    }

    @Test
    void aForgedDatagramMarksNothingAsReceived() {
      establish();
      ByteBuffer good = data(a, "good");
      ByteBuffer forged = ByteBuffer.wrap(bytes(good));
      forged.put(60, (byte) (forged.get(60) ^ 1));

      assertThat(receive(b, forged)).isEqualTo(LinkDropReason.FORGED);
      assertThat(receive(b, good)).isNull();
    }

    @Test
    void handshakesAreRateLimitedAndDataIsNot() {
      establish();
      byte[] garbage = bytes(handshake(a, EnvelopeKind.INITIATE, 0));
      Random noise = new Random(1);
      int limited = 0;
      for (int i = 0; i < 10_000; i++) {
        byte[] salted = Arrays.copyOf(garbage, garbage.length);
        salted[50] = (byte) noise.nextInt();
        salted[51] = (byte) noise.nextInt();
        ByteBuffer datagram = ByteBuffer.wrap(salted);
        limited += receive(b, datagram) == LinkDropReason.RATE_LIMITED ? 1 : 0;
      }

      assertThat(limited).isGreaterThan(9_900);
      dataFlows(a, b);
      dataFlows(b, a);
    }

    @Test
    void moreRoundsThanPlacesPushTheOldestOut() {
      establish();
      for (int i = 0; i < 20; i++) {
        a = channel("router-a", "router-b", 100 + i);
        receive(b, handshake(a, EnvelopeKind.INITIATE, 0));
        b.takeReplyPaths();
        now += SECOND / 10;
      }

      establish();
      dataFlows(b, a);
    }
  }

  @Nested
  @DisplayName("restart and renewal")
  class Renewal {
    @Test
    void theRestartedSecondWakesTheFirstAndBothGoOn() {
      establish();
      now += SECOND;
      b = channel("router-b", "router-a", 23);

      receive(a, handshake(b, EnvelopeKind.WAKE, 0));
      assertThat(a.takeReplyPaths()).isEqualTo(1);
      establish();

      assertThat(a.peerIncarnation()).isEqualTo(23);
      dataFlows(b, a);
    }

    @Test
    void whatIsOnItsWayUnderTheReplacedSessionIsStillOpenedForTwoSeconds() {
      establish();
      ByteBuffer early = data(b, "early");
      ByteBuffer late = data(b, "late");
      establish();

      assertThat(receive(a, early)).isNull();
      now += 3 * SECOND;
      assertThat(receive(a, late)).isEqualTo(LinkDropReason.UNKNOWN_SESSION);
    }

    @Test
    void nothingOfARestartedPeersFormerLifeIsOpened() {
      establish();
      ByteBuffer former = data(b, "former life");
      b = channel("router-b", "router-a", 23);
      establish();

      assertThat(receive(a, former)).isEqualTo(LinkDropReason.UNKNOWN_SESSION);
    }

    @Test
    void forgettingEndsEverySessionAndTheNextOneHasNewKeys() {
      establish();
      ByteBuffer before = data(a, "before");
      a.forget();

      assertThat(a.established()).isFalse();
      assertThat(a.due(now)).isEqualTo(EnvelopeKind.INITIATE);
      establish();
      ByteBuffer after = data(a, "before");
      assertThat(bytes(after)).isNotEqualTo(bytes(before));
    }

    @Test
    void keysAreExchangedInThreeStepsWithoutAnInterruption() {
      establish();

      a.keysChanged(LinkKeys.of(OLD, NEW), now);
      b.keysChanged(LinkKeys.of(OLD, NEW), now);
      assertThat(a.due(now)).isNull();
      dataFlows(a, b);

      a.keysChanged(LinkKeys.of(NEW, OLD), now);
      assertThat(a.due(now)).isEqualTo(EnvelopeKind.INITIATE);
      dataFlows(a, b);
      establish();
      assertThat(a.key()).isEqualTo(NEW);
      assertThat(b.key()).isEqualTo(NEW);
      b.keysChanged(LinkKeys.of(NEW, OLD), now);

      a.keysChanged(LinkKeys.of(NEW), now);
      b.keysChanged(LinkKeys.of(NEW), now);
      assertThat(a.due(now + 10 * SECOND)).isNull();
      dataFlows(a, b);
      dataFlows(b, a);
    }

    @Test
    void aPeerWithoutTheNewKeyKeepsTheRunningSession() {
      establish();
      a.keysChanged(LinkKeys.of(NEW, OLD), now);

      assertThat(a.due(now)).isEqualTo(EnvelopeKind.INITIATE);
      assertThat(receive(b, handshake(a, EnvelopeKind.INITIATE, 0)))
          .isEqualTo(LinkDropReason.WRONG_KEY);
      dataFlows(a, b);
      dataFlows(b, a);
      assertThat(a.due(now)).isNull();
      assertThat(a.due(now + SECOND)).isEqualTo(EnvelopeKind.INITIATE);
    }

    @Test
    void aSessionOfAKeyThatIsGoneEndsAtOnce() {
      establish();
      ByteBuffer datagram = data(a, "under the old key");

      b.keysChanged(LinkKeys.of(NEW), now);

      assertThat(b.established()).isFalse();
      assertThat(receive(b, datagram)).isEqualTo(LinkDropReason.WRONG_KEY);
    }
  }

  @Test
  @DisplayName("never a nonce twice under one key, whatever restarts and whatever the clock does")
  void neverANonceTwiceUnderOneKey() {
    Random chaos = new Random(22);
    NonceWatch watch = new NonceWatch();
    a = watched("router-a", "router-b", 11, watch);
    b = watched("router-b", "router-a", 22, watch);
    List<ByteBuffer> inFlight = new ArrayList<>();
    for (int i = 0; i < 30_000; i++) {
      SealedChannel from = chaos.nextBoolean() ? a : b;
      EnvelopeKind due = from.due(now);
      int path = chaos.nextInt(3);
      if (from.replyDue()) {
        from.takeReplyPaths();
        inFlight.add(handshake(from, from.replyKind(), path));
      } else if (due != null && chaos.nextInt(3) == 0) {
        inFlight.add(handshake(from, due, path));
      } else if (from.established()) {
        inFlight.add(data(from, "x", path));
      }
      while (inFlight.size() > 8) {
        ByteBuffer datagram = inFlight.remove(chaos.nextInt(inFlight.size()));
        EnvelopeHeader header = new EnvelopeHeader();
        header.read(datagram);
        SealedChannel to = header.senderTag == watch.tagOfA ? b : a;
        to.open(header, datagram, inside, now);
      }
      // The clock jumps both ways, as it does between two boots.
      now += chaos.nextInt(1000) == 0 ? (chaos.nextLong() >> 8) : chaos.nextInt((int) (5 * MILLI));
      switch (chaos.nextInt(400)) {
        case 0 -> a = watched("router-a", "router-b", 1 + chaos.nextInt(1000), watch);
        case 1 -> b = watched("router-b", "router-a", 1 + chaos.nextInt(1000), watch);
        case 2 -> a.forget();
        case 3 -> b.forget();
        default -> {}
      }
    }
    assertThat(watch.used).hasSizeGreaterThan(20_000);
    assertThat(watch.repeated).isZero();
  }

  private SealedChannel watched(String self, String peer, long incarnation, NonceWatch watch) {
    return new SealedChannel("home", self, peer, keys, incarnation, random, watch, now);
  }

  /** Notes key and nonce of everything that is sealed. */
  private static final class NonceWatch extends SealedEnvelope {
    final long tagOfA = dev.holdfast.agent.sync.wire.KeySchedule.nodeTag("router-a");
    final Set<String> used = new HashSet<>();
    int repeated;

    @Override
    public void seal(
        EnvelopeHeader header,
        byte @Nullable [] salt,
        javax.crypto.SecretKey key,
        ByteBuffer message,
        ByteBuffer into) {
      String nonce = Arrays.toString(key.getEncoded()) + header.path + "/" + header.counter;
      repeated += used.add(nonce) ? 0 : 1;
      super.seal(header, salt, key, message, into);
    }
  }
}
