package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.agent.sync.wire.KeySchedule;
import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.LinkKey;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.Opening;
import dev.holdfast.agent.sync.wire.ReplayWindow;
import dev.holdfast.agent.sync.wire.SealedEnvelope;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * The sealed sessions of one pair of routers: begins them, renews them, and refuses everything that
 * is not fresh. Why it is made this way stands in docs/decisions/020.
 *
 * <p>Of a pair, the router whose name sorts first begins sessions; the other one asks for it.
 *
 * <pre>
 *   second                                   first
 *     | ---------- WAKE (when it has none) ----> |
 *     | <--------- INITIATE, first's salt ------ |   sealed under (key, first's salt)
 *     | ---------- RESPOND, second's salt -----> |   sealed under (key, both salts): first knows
 *     | <--------- DATA ------------------------ |   the same keys: second knows
 * </pre>
 *
 * <table>
 * <caption>first</caption>
 * <tr><th>state</th><th>event</th><th>does</th></tr>
 * <tr><td>no session</td><td>each heartbeat</td><td>INITIATE on every path, one salt until answered</td></tr>
 * <tr><td>any</td><td>WAKE</td><td>INITIATE on that path, at most one round in 50 ms</td></tr>
 * <tr><td>salt out</td><td>RESPOND to it</td><td>the new session replaces the present one</td></tr>
 * <tr><td>session</td><td>key or life renewed</td><td>INITIATE once a second until answered; the session goes on</td></tr>
 * </table>
 *
 * <table>
 * <caption>second</caption>
 * <tr><th>state</th><th>event</th><th>does</th></tr>
 * <tr><td>no session</td><td>each heartbeat</td><td>WAKE on every path</td></tr>
 * <tr><td>any</td><td>INITIATE, new salt</td><td>own new salt, RESPOND; a running session stays</td></tr>
 * <tr><td>any</td><td>INITIATE, known salt</td><td>RESPOND again</td></tr>
 * <tr><td>answered</td><td>DATA under it</td><td>the new session replaces the present one</td></tr>
 * </table>
 *
 * <p>So an old INITIATE sent again by a stranger makes the second router compute and answer, and
 * nothing more: the session it leads to is never proved. An old DATA fits no session, because each
 * router's salt is new in each session. A replaced session still opens what is on its way for two
 * seconds, unless the peer was restarted.
 */
public final class SealedChannel {
  private static final long MILLI_NANOS = 1_000_000L;
  private static final long LINGER_NANOS = 2_000 * MILLI_NANOS;
  private static final long PENDING_NANOS = 5_000 * MILLI_NANOS;
  private static final long ROUND_NANOS = 50 * MILLI_NANOS;
  private static final long RENEW_EVERY_NANOS = 1_000 * MILLI_NANOS;

  /** Far from any limit of GCM; reached after weeks at full speed. */
  private static final long SEALED_MAX = 1L << 32;

  /** Rounds that a second router keeps in mind at once. */
  private static final int PENDING_MAX = 4;

  private final String cluster;
  private final String self;
  private final String peer;
  private final int clusterTag;
  private final long selfTag;
  private final long peerTag;
  private final boolean first;
  private final RandomBytes random;
  private final SealedEnvelope envelope;
  private final Opening ours;
  private final RateLimit handshakes;
  private final EnvelopeHeader out = new EnvelopeHeader();
  private final ByteBuffer handshake = ByteBuffer.allocate(256);
  private final @Nullable SealedSession[] pending = new SealedSession[PENDING_MAX];

  private LinkKeys keys;
  private @Nullable SealedSession current;
  private @Nullable SealedSession previous;
  private @Nullable Offer offer;
  private @Nullable Known known;
  private boolean renewing;
  private long renewAtNanos;
  private long replyPaths;
  private @Nullable SealedSession replyWith;
  private @Nullable Opening incompatible;

  /** Our own salt that is out, and the key of what we say before there is a session. */
  private static final class Offer {
    final LinkKey root;
    final byte[] salt;
    final SecretKey key;
    final long[] counters = new long[EnvelopeHeader.PATHS_MAX];

    Offer(LinkKey root, byte[] salt, SecretKey key) {
      this.root = root;
      this.salt = salt;
      this.key = key;
    }
  }

  /**
   * The peer's last opening salt, what was derived from it so that repetitions cost little, and
   * which of its datagrams were seen.
   */
  private static final class Known {
    final LinkKey root;
    final byte[] salt;
    final SecretKey key;
    final @Nullable ReplayWindow[] windows = new ReplayWindow[EnvelopeHeader.PATHS_MAX];

    Known(LinkKey root, byte[] salt, SecretKey key) {
      this.root = root;
      this.salt = salt;
      this.key = key;
    }
  }

  /**
   * @param incarnation random number of this process, the same for all its channels, not 0
   */
  public SealedChannel(
      String cluster,
      String self,
      String peer,
      LinkKeys keys,
      long incarnation,
      RandomBytes random,
      SealedEnvelope envelope,
      long nowNanos) {
    this.cluster = cluster;
    this.self = self;
    this.peer = peer;
    this.clusterTag = KeySchedule.clusterTag(cluster);
    this.selfTag = KeySchedule.nodeTag(self);
    this.peerTag = KeySchedule.nodeTag(peer);
    this.first = self.compareTo(peer) < 0;
    this.keys = keys;
    this.random = random;
    this.envelope = envelope;
    this.ours = new Opening(incarnation, Opening.VERSION_MIN, Opening.VERSION);
    this.handshakes = new RateLimit(400, 40, nowNanos);
  }

  /** Data can be sealed. */
  public boolean established() {
    return current != null;
  }

  /** The key that the present session comes from, for status; null without a session. */
  public @Nullable LinkKey key() {
    SealedSession session = current;
    return session == null ? null : session.root;
  }

  /** Version of the messages that both understand; 0 without a session. */
  public int version() {
    SealedSession session = current;
    return session == null ? 0 : session.version;
  }

  /** The peer's process; 0 without a session. Another number: it was restarted. */
  public long peerIncarnation() {
    SealedSession session = current;
    return session == null ? 0 : session.peerIncarnation();
  }

  /** What a peer said that has no version of the messages in common with us; else null. */
  public @Nullable Opening incompatible() {
    return incompatible;
  }

  /**
   * Another key file. Sessions of a key that is gone end at once; when only the first key changed,
   * a session of it is begun while the present one goes on.
   */
  public void keysChanged(LinkKeys keys, long nowNanos) {
    this.keys = keys;
    current = keepIfAccepted(current);
    previous = keepIfAccepted(previous);
    for (int i = 0; i < PENDING_MAX; i++) {
      pending[i] = keepIfAccepted(pending[i]);
    }
    offer = null;
    known = null;
    replyPaths = 0;
    renewing = current != null && !current.root.equals(keys.sealing());
    renewAtNanos = nowNanos;
  }

  private @Nullable SealedSession keepIfAccepted(@Nullable SealedSession session) {
    return session != null && keys.contains(session.root) ? session : null;
  }

  /**
   * Ends every session at once and begins anew with fresh salts. To be called whenever this process
   * may not be the only one with its memory: after a stall of a second, after a jump of the wall
   * clock against the monotonic one (a machine set back to a snapshot).
   */
  public void forget() {
    current = null;
    previous = null;
    offer = null;
    replyPaths = 0;
    Arrays.fill(pending, null);
  }

  /**
   * Opens what came from the peer. The header names the peer as sender and us as receiver.
   *
   * @param into cleared; for DATA it ends around what was inside, for the rest it is empty
   * @return null when it was opened, and when it was a handshake that we understood
   */
  public @Nullable LinkDropReason open(
      EnvelopeHeader header, ByteBuffer datagram, ByteBuffer into, long nowNanos) {
    into.clear().limit(0);
    if (header.kind == EnvelopeKind.DATA) {
      return openData(header, datagram, into, nowNanos);
    }
    if (!handshakes.allows(nowNanos)) {
      return LinkDropReason.RATE_LIMITED;
    }
    LinkKey root = keys.find(header.keyId);
    if (root == null) {
      return LinkDropReason.WRONG_KEY;
    }
    byte[] salt = new byte[EnvelopeHeader.SALT_BYTES];
    datagram.get(datagram.position() + EnvelopeHeader.BYTES, salt);
    LinkDropReason drop =
        header.kind == EnvelopeKind.RESPOND
            ? openRespond(header, salt, datagram, into, nowNanos)
            : openOpening(header, root, salt, datagram, into, nowNanos);
    into.clear().limit(0);
    return drop;
  }

  private @Nullable LinkDropReason openData(
      EnvelopeHeader header, ByteBuffer datagram, ByteBuffer into, long nowNanos) {
    SealedSession session = find(header.session, nowNanos);
    if (session == null || session.version == 0) {
      return keys.find(header.keyId) == null
          ? LinkDropReason.WRONG_KEY
          : LinkDropReason.UNKNOWN_SESSION;
    }
    if (header.keyId != session.root.id()) {
      return LinkDropReason.WRONG_KEY;
    }
    ReplayWindow window = session.window(header.path);
    LinkDropReason drop = window.judge(header.counter);
    if (drop != null) {
      return drop;
    }
    drop = envelope.open(header, session.receiveKey, datagram, into);
    if (drop != null) {
      return drop;
    }
    window.received(header.counter);
    if (session != current && session != previous) {
      Arrays.fill(pending, null);
      replyPaths = 0;
      begin(session, nowNanos);
    }
    return null;
  }

  private @Nullable SealedSession find(long id, long nowNanos) {
    if (current != null && current.id == id) {
      return current;
    }
    if (previous != null && previous.id == id) {
      if (current != null && nowNanos - current.bornAtNanos < LINGER_NANOS) {
        return previous;
      }
      previous = null;
    }
    for (SealedSession session : pending) {
      if (session != null && session.id == id && nowNanos - session.bornAtNanos < PENDING_NANOS) {
        return session;
      }
    }
    return null;
  }

  private void begin(SealedSession session, long nowNanos) {
    SealedSession before = current;
    previous =
        before != null && before.peerIncarnation() == session.peerIncarnation() ? before : null;
    current = session;
    incompatible = null;
    renewing = !session.root.equals(keys.sealing()) && first;
    renewAtNanos = nowNanos + RENEW_EVERY_NANOS;
  }

  /** WAKE at the first router, INITIATE at the second. */
  private @Nullable LinkDropReason openOpening(
      EnvelopeHeader header,
      LinkKey root,
      byte[] salt,
      ByteBuffer datagram,
      ByteBuffer into,
      long nowNanos) {
    if (header.kind != (first ? EnvelopeKind.WAKE : EnvelopeKind.INITIATE)) {
      return LinkDropReason.UNEXPECTED_HANDSHAKE;
    }
    Known last = known;
    if (last == null || !last.root.equals(root) || !Arrays.equals(last.salt, salt)) {
      last = new Known(root, salt, KeySchedule.opening(root, salt, cluster, peer, self));
    }
    ReplayWindow window = SealedSession.window(last.windows, header.path);
    LinkDropReason drop = window.judge(header.counter);
    if (drop == null) {
      drop = envelope.open(header, last.key, datagram, into);
    }
    if (drop != null) {
      return drop;
    }
    window.received(header.counter);
    known = last;
    Opening opening = Opening.read(into);
    if (opening == null) {
      return LinkDropReason.MALFORMED_MESSAGE;
    }
    if (first) {
      woken(header.path, nowNanos);
    } else {
      initiated(header.path, root, salt, opening, nowNanos);
    }
    return null;
  }

  private void woken(int path, long nowNanos) {
    SealedSession session = current;
    if (session == null || nowNanos - session.bornAtNanos >= ROUND_NANOS) {
      replyPaths |= 1L << path;
    }
  }

  private void initiated(int path, LinkKey root, byte[] salt, Opening opening, long nowNanos) {
    if (isFirstSaltOf(current, salt) || isFirstSaltOf(previous, salt)) {
      // Came late, on a slower path than the one that proved the session.
      return;
    }
    SealedSession answered = pendingOf(salt);
    if (answered == null) {
      answered = derive(root, salt, freshSalt(), nowNanos);
      agree(answered, opening);
      rememberPending(answered, nowNanos);
    }
    if (replyWith != answered) {
      replyPaths = 0;
      replyWith = answered;
    }
    replyPaths |= 1L << path;
  }

  private @Nullable LinkDropReason openRespond(
      EnvelopeHeader header, byte[] salt, ByteBuffer datagram, ByteBuffer into, long nowNanos) {
    SealedSession proved = current;
    if (first && proved != null && proved.id == header.session) {
      // The same answer on another path: nothing new, but a sign that it is no replay.
      return openData(header, datagram, into, nowNanos);
    }
    Offer out = offer;
    if (!first || out == null || header.keyId != out.root.id()) {
      return LinkDropReason.UNEXPECTED_HANDSHAKE;
    }
    SealedSession session = derive(out.root, out.salt, salt, nowNanos);
    if (session.id != header.session) {
      return LinkDropReason.UNKNOWN_SESSION;
    }
    LinkDropReason drop = envelope.open(header, session.receiveKey, datagram, into);
    if (drop != null) {
      return drop;
    }
    Opening opening = Opening.read(into);
    if (opening == null) {
      return LinkDropReason.MALFORMED_MESSAGE;
    }
    session.window(header.path).received(header.counter);
    offer = null;
    replyPaths = 0;
    agree(session, opening);
    if (session.version != 0) {
      begin(session, nowNanos);
    }
    return null;
  }

  private void agree(SealedSession session, Opening opening) {
    session.peer = opening;
    session.version = ours.commonWith(opening);
    if (session.version == 0) {
      incompatible = opening;
    }
  }

  private static boolean isFirstSaltOf(@Nullable SealedSession session, byte[] salt) {
    return session != null && Arrays.equals(session.firstSalt, salt);
  }

  private @Nullable SealedSession pendingOf(byte[] firstSalt) {
    for (SealedSession session : pending) {
      if (session != null && Arrays.equals(session.firstSalt, firstSalt)) {
        return session;
      }
    }
    return null;
  }

  /** Takes a free place, or that of the oldest. */
  private void rememberPending(SealedSession session, long nowNanos) {
    int place = 0;
    long oldest = -1;
    for (int i = 0; i < PENDING_MAX; i++) {
      SealedSession there = pending[i];
      long age = there == null ? Long.MAX_VALUE : nowNanos - there.bornAtNanos;
      if (age > oldest) {
        oldest = age;
        place = i;
      }
    }
    pending[place] = session;
  }

  private SealedSession derive(LinkKey root, byte[] firstSalt, byte[] secondSalt, long nowNanos) {
    String firstName = first ? self : peer;
    String secondName = first ? peer : self;
    return new SealedSession(
        root,
        KeySchedule.sessionId(root, firstSalt, secondSalt, cluster, firstName, secondName),
        firstSalt,
        secondSalt,
        KeySchedule.session(root, firstSalt, secondSalt, cluster, self, peer),
        KeySchedule.session(root, firstSalt, secondSalt, cluster, peer, self),
        nowNanos);
  }

  private byte[] freshSalt() {
    byte[] salt = new byte[EnvelopeHeader.SALT_BYTES];
    random.fill(salt);
    return salt;
  }

  /**
   * The handshake that should go out on every path at this heartbeat, or null. Without a session
   * that is at every heartbeat; with one, once a second while it is to be renewed.
   */
  public @Nullable EnvelopeKind due(long nowNanos) {
    SealedSession session = current;
    EnvelopeKind mine = first ? EnvelopeKind.INITIATE : EnvelopeKind.WAKE;
    if (session == null) {
      return mine;
    }
    if (session.sealed() >= SEALED_MAX) {
      renewing = true;
    }
    if (renewing && renewAtNanos - nowNanos <= 0) {
      renewAtNanos = nowNanos + RENEW_EVERY_NANOS;
      return mine;
    }
    return null;
  }

  /**
   * Paths (a bit each) on which an answer to a handshake is due now; asked and then forgotten. The
   * answer's kind is {@link #replyKind}.
   */
  public long takeReplyPaths() {
    long paths = replyPaths;
    replyPaths = 0;
    return paths;
  }

  public boolean replyDue() {
    return replyPaths != 0;
  }

  public EnvelopeKind replyKind() {
    return first ? EnvelopeKind.INITIATE : EnvelopeKind.RESPOND;
  }

  /** Appends a handshake datagram for one path. */
  public void sealHandshake(EnvelopeKind kind, int path, ByteBuffer into) {
    handshake.clear();
    ours.write(handshake);
    handshake.flip();
    if (kind == EnvelopeKind.RESPOND) {
      SealedSession session = replyWith;
      if (session != null) {
        header(kind, path, session.root, session.id, session.nextCounter(path));
        envelope.seal(out, session.secondSalt, session.sendKey, handshake, into);
      }
      return;
    }
    Offer salted = offer;
    if (salted == null || !salted.root.equals(keys.sealing())) {
      byte[] salt = freshSalt();
      LinkKey root = keys.sealing();
      salted = new Offer(root, salt, KeySchedule.opening(root, salt, cluster, self, peer));
      offer = salted;
    }
    header(kind, path, salted.root, 0, salted.counters[path]++);
    envelope.seal(out, salted.salt, salted.key, handshake, into);
  }

  /** Appends a DATA datagram; only when {@link #established}. */
  public void sealData(int path, ByteBuffer message, ByteBuffer into) {
    SealedSession session = current;
    if (session == null) {
      throw new IllegalStateException("no session to seal data in");
    }
    header(EnvelopeKind.DATA, path, session.root, session.id, session.nextCounter(path));
    envelope.seal(out, null, session.sendKey, message, into);
  }

  private void header(EnvelopeKind kind, int path, LinkKey root, long session, long counter) {
    out.kind = kind;
    out.path = path;
    out.keyId = root.id();
    out.clusterTag = clusterTag;
    out.senderTag = selfTag;
    out.receiverTag = peerTag;
    out.session = session;
    out.counter = counter;
  }
}
