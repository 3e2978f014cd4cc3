package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.LinkKey;
import dev.holdfast.agent.sync.wire.Opening;
import dev.holdfast.agent.sync.wire.ReplayWindow;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/** One session of a pair: both directions' keys, our counters, the windows of theirs. */
final class SealedSession {
  final LinkKey root;
  final long id;
  final byte[] firstSalt;
  final byte[] secondSalt;
  final SecretKey sendKey;
  final SecretKey receiveKey;
  final long bornAtNanos;

  /** What the peer said of itself in its handshake; null until that was opened. */
  @Nullable Opening peer;

  /** Version of the messages that both understand, 0 for none. */
  int version;

  private final long[] counters = new long[EnvelopeHeader.PATHS_MAX];
  private final @Nullable ReplayWindow[] windows = new ReplayWindow[EnvelopeHeader.PATHS_MAX];
  private long sealed;

  SealedSession(
      LinkKey root,
      long id,
      byte[] firstSalt,
      byte[] secondSalt,
      SecretKey sendKey,
      SecretKey receiveKey,
      long bornAtNanos) {
    this.root = root;
    this.id = id;
    this.firstSalt = firstSalt;
    this.secondSalt = secondSalt;
    this.sendKey = sendKey;
    this.receiveKey = receiveKey;
    this.bornAtNanos = bornAtNanos;
  }

  /** The next counter of a path: each is given once. */
  long nextCounter(int path) {
    sealed++;
    return counters[path]++;
  }

  /** Datagrams sealed so far. */
  long sealed() {
    return sealed;
  }

  long peerIncarnation() {
    return peer == null ? 0 : peer.incarnation();
  }

  ReplayWindow window(int path) {
    return window(windows, path);
  }

  static ReplayWindow window(@Nullable ReplayWindow[] windows, int path) {
    ReplayWindow window = windows[path];
    if (window == null) {
      window = new ReplayWindow();
      windows[path] = window;
    }
    return window;
  }
}
