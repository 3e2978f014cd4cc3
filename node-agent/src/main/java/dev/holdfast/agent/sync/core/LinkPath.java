package dev.holdfast.agent.sync.core;

import dev.holdfast.api.addr.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One network between us and one peer: whether the peer is heard there, and where it is. */
final class LinkPath {
  private static final int TARGETS_MAX = 16;

  final String network;
  int datagramBytes;

  private boolean up;
  private long heardAtNanos;
  private long arrivedAtNanos;
  private long upSinceNanos;
  private boolean peerHearsUs;
  private boolean everUp;
  private boolean missed;
  private long missedSinceNanos;
  private List<IpAddress> targets = List.of();
  private @Nullable IpAddress proved;
  private int turn;

  LinkPath(String network, int datagramBytes) {
    this.network = network;
    this.datagramBytes = datagramBytes;
  }

  boolean up() {
    return up;
  }

  long heardAtNanos() {
    return heardAtNanos;
  }

  /** When something last came in, whatever was postponed since. */
  long arrivedAtNanos() {
    return arrivedAtNanos;
  }

  /** The peer was heard here and says that it hears us here. */
  boolean bothWays() {
    return up && peerHearsUs;
  }

  /** Has been heard without a break for so long. */
  boolean steady(long nanos, long nowNanos) {
    return nowNanos - upSinceNanos >= nanos;
  }

  /**
   * A sealed datagram of a session came in.
   *
   * @return true when the path was silent before
   */
  boolean heard(@Nullable IpAddress source, long nowNanos) {
    heardAtNanos = nowNanos;
    arrivedAtNanos = nowNanos;
    if (source != null && targets.contains(source)) {
      proved = source;
    }
    if (up) {
      return false;
    }
    up = true;
    everUp = true;
    upSinceNanos = nowNanos;
    peerHearsUs = false;
    return true;
  }

  void peerHearsUs(boolean hears) {
    peerHearsUs = hears;
  }

  /** True once when the path has become silent. */
  boolean fellSilent(long silenceNanos, long nowNanos) {
    if (up && nowNanos - heardAtNanos >= silenceNanos) {
      silence();
      return true;
    }
    return false;
  }

  void silence() {
    up = false;
    peerHearsUs = false;
    proved = null;
  }

  /** The peer has been heard here, at some time. */
  boolean everUp() {
    return everUp;
  }

  /** Whether the peer is heard elsewhere and should be heard here too. */
  void missed(boolean isMissed, long nowNanos) {
    if (isMissed && !missed) {
      missedSinceNanos = nowNanos;
    }
    missed = isMissed;
  }

  /** Has been missed without a break for so long. */
  boolean missedFor(long nanos, long nowNanos) {
    return missed && nowNanos - missedSinceNanos >= nanos;
  }

  void postpone(long nanos) {
    heardAtNanos += nanos;
    missedSinceNanos += nanos;
    upSinceNanos += nanos;
  }

  /**
   * Addresses that the peer may have here, best first.
   *
   * @return true when they are others than before
   */
  boolean targets(List<IpAddress> addresses) {
    List<IpAddress> wanted =
        List.copyOf(addresses.subList(0, Math.min(TARGETS_MAX, addresses.size())));
    if (wanted.equals(targets)) {
      return false;
    }
    targets = wanted;
    if (proved != null && !targets.contains(proved)) {
      proved = null;
    }
    return true;
  }

  /**
   * Where to send to: where the peer was heard, otherwise each of its addresses in turn; null when
   * none is known.
   */
  @Nullable IpAddress target() {
    if (proved != null) {
      return proved;
    }
    return targets.isEmpty() ? null : targets.get(turn % targets.size());
  }

  /** The next address gets its turn, while the peer is not heard. */
  void nextTurn() {
    turn = turn + 1 & 0xffff;
  }
}
