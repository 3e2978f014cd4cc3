package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.agent.sync.wire.Heartbeat;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.KeySchedule;
import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.agent.sync.wire.SealedEnvelope;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All links of a router over its one flow table: finds the peers, gives each datagram to the link
 * whose peer sent it, and lets the table forget what ended once every peer that counts knows.
 *
 * <p>Which peers count: those that are heard, and those that fell silent less than ten seconds ago,
 * so that a short break costs only what happened in it. A peer that stays away longer is told
 * everything when it comes back.
 *
 * <p>One owner, the agent's loop: {@link #received} for each datagram, {@link #fill} once per turn,
 * {@link #deadlineNanos} for the wait.
 */
public final class SyncLinks {
  private static final long MILLI_NANOS = 1_000_000L;
  private static final long HELLO_NANOS = 1_000 * MILLI_NANOS;
  private static final long HELLO_SEARCHING_NANOS = 250 * MILLI_NANOS;
  private static final long REMEMBER_NANOS = 10_000 * MILLI_NANOS;
  private static final int PEERS_MAX = 32;

  /** NTP slews by half a millisecond a second; what is more is a step. */
  private static final long CLOCK_JUMP_NANOS = 1_000 * MILLI_NANOS;

  private final long incarnation;
  private final RandomBytes random;
  private final OwnFlows ours;
  private final PeerFlows theirs;
  private final LinkListener listener;
  private final Map<String, Hello> remembered;
  private final SealedEnvelope envelope = new SealedEnvelope();
  private final ConntrackdCodec codec = new ConntrackdCodec(Dialect.HOLDFAST);
  private final Drops<LinkDropReason> strangers = new Drops<>(LinkDropReason.class);
  private final EnvelopeHeader header = new EnvelopeHeader();
  private final ByteBuffer helloDatagram = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private final HelloChannel hellos;
  private final List<Member> members = new ArrayList<>();
  private List<SyncLink> links = List.of();

  private final int clusterTag;
  private final long selfTag;

  private LinkKeys keys;
  private LinkSettings settings;
  private Hello identity;
  private RouterState state;
  private long helloAtNanos;
  private long lastNowNanos;
  private boolean clocksKnown;
  private long wallAheadNanos;

  /** One peer. */
  private static final class Member {
    final SyncLink link;
    final int number;
    final long tag;
    PeerDirectory directory;
    long lastUpNanos;
    boolean everUp;

    Member(SyncLink link, int number, PeerDirectory directory) {
      this.link = link;
      this.number = number;
      this.tag = KeySchedule.nodeTag(link.peer());
      this.directory = directory;
    }
  }

  /**
   * @param incarnation random number of this process, see {@link RandomBytes#number}
   * @param identity what we say of our name and addresses
   * @param state what we say of ourselves at first
   * @param remembered what peers proved of themselves in an earlier life of this router, by name
   */
  public SyncLinks(
      LinkSettings settings,
      LinkKeys keys,
      long incarnation,
      RandomBytes random,
      OwnFlows ours,
      PeerFlows theirs,
      Hello identity,
      RouterState state,
      Map<String, Hello> remembered,
      LinkListener listener,
      long nowNanos) {
    this.settings = settings;
    this.keys = keys;
    this.incarnation = incarnation;
    this.random = random;
    this.ours = ours;
    this.theirs = theirs;
    this.identity = identity;
    this.state = state;
    this.listener = listener;
    this.remembered = Map.copyOf(remembered);
    this.helloAtNanos = nowNanos;
    this.lastNowNanos = nowNanos;
    this.clusterTag = KeySchedule.clusterTag(settings.cluster());
    this.selfTag = KeySchedule.nodeTag(settings.node());
    this.hellos =
        new HelloChannel(settings.cluster(), settings.node(), keys, random, envelope, nowNanos);
    for (LinkSettings.Peer peer : settings.peers()) {
      add(peer, remembered.get(peer.node()), nowNanos);
    }
  }

  // ------------------------------------------------------------------------------ from the owner

  /**
   * Other settings of the same cluster and node (another name would be another router). Links of
   * peers that remain go on without a break.
   */
  public void reconfigure(LinkSettings settings, long nowNanos) {
    this.settings = settings;
    for (Member member : List.copyOf(members)) {
      if (peerOf(settings, member.link.peer()) == null) {
        member.link.close();
        members.remove(member);
        membersChanged();
      }
    }
    for (LinkSettings.Peer peer : settings.peers()) {
      Member member = member(peer.node());
      if (member == null) {
        add(peer, remembered.get(peer.node()), nowNanos);
      } else {
        member.directory = new PeerDirectory(peer.addresses(), member.directory);
        member.link.reconfigure(settings);
        aim(member, nowNanos);
      }
    }
    helloAtNanos = nowNanos;
  }

  private static LinkSettings.@Nullable Peer peerOf(LinkSettings settings, String node) {
    for (LinkSettings.Peer peer : settings.peers()) {
      if (peer.node().equals(node)) {
        return peer;
      }
    }
    return null;
  }

  private void add(LinkSettings.Peer peer, @Nullable Hello remembered, long nowNanos) {
    if (members.size() == PEERS_MAX || peer.node().equals(settings.node())) {
      return;
    }
    int number = freeNumber();
    SealedChannel channel =
        new SealedChannel(
            settings.cluster(),
            settings.node(),
            peer.node(),
            keys,
            incarnation,
            random,
            envelope,
            nowNanos);
    SyncLink link =
        new SyncLink(
            settings,
            peer.node(),
            number,
            channel,
            ours,
            theirs,
            codec,
            identity,
            state,
            this::heardFrom,
            nowNanos);
    Member member = new Member(link, number, new PeerDirectory(peer.addresses(), remembered));
    members.add(member);
    membersChanged();
    aim(member, nowNanos);
  }

  private void membersChanged() {
    links = members.stream().map(member -> member.link).toList();
  }

  private int freeNumber() {
    for (int number = 0; ; number++) {
      int candidate = number;
      if (members.stream().noneMatch(member -> member.number == candidate)) {
        return number;
      }
    }
  }

  private void heardFrom(String peer, LinkEvent event) {
    if (event instanceof LinkEvent.PeerIdentified(Hello hello)) {
      Member member = Objects.requireNonNull(member(peer), "a link tells of its own peer");
      member.directory.proved(hello);
      aim(member, lastNowNanos);
    }
    listener.event(peer, event);
  }

  private void aim(Member member, long nowNanos) {
    for (LinkSettings.Path path : settings.paths()) {
      member.link.targets(path.network(), member.directory.addresses(path.network()), nowNanos);
    }
  }

  private @Nullable Member member(String peer) {
    for (Member member : members) {
      if (member.link.peer().equals(peer)) {
        return member;
      }
    }
    return null;
  }

  /** Another key file was read. */
  public void keysChanged(LinkKeys keys, long nowNanos) {
    this.keys = keys;
    hellos.keysChanged(keys);
    for (Member member : members) {
      member.link.keysChanged(keys, nowNanos);
    }
  }

  /** What we say of ourselves from now on; goes out at once on every path to every peer. */
  public void tell(RouterState state, long nowNanos) {
    if (state.equals(this.state)) {
      return;
    }
    this.state = state;
    byte[] encoded = Heartbeat.encode(state);
    for (Member member : members) {
      member.link.tell(state, encoded, nowNanos);
    }
  }

  /** Our addresses changed. */
  public void identify(Hello identity, long nowNanos) {
    this.identity = identity;
    helloAtNanos = nowNanos;
    for (Member member : members) {
      member.link.identify(identity, nowNanos);
    }
  }

  /** Our kernel holds everything of theirs up to that ticket. */
  public void committed(long ticket) {
    for (Member member : members) {
      member.link.committed(ticket);
    }
  }

  /** Asks every peer to tell everything from the beginning: after we gave the role away. */
  public void askEverything() {
    for (Member member : members) {
      member.link.askEverything();
    }
  }

  /** Every deadline moves by the length of a stall. */
  public void postpone(long nanos) {
    for (Member member : members) {
      member.link.postpone(nanos);
      member.lastUpNanos += nanos;
    }
  }

  /**
   * This process may not be the only one with its memory (a stall of a second, a jump of the wall
   * clock against the monotonic one): every session begins anew, before anything else is sent.
   */
  public void forgetSessions() {
    hellos.forget();
    for (Member member : members) {
      member.link.forgetSessions();
    }
  }

  /**
   * Compares the clocks, before each {@link #fill}: a virtual machine that was set back to a
   * snapshot goes on with the counters of then, without a stall that it could notice, until its
   * wall clock is put right. So when that jumps, sessions are forgotten. Where only somebody set
   * the clock it costs a handshake.
   *
   * @param wallNanos the wall clock
   * @param nowNanos the monotonic one at the same moment
   * @return whether the one has jumped against the other since the last time
   */
  public boolean compareClocks(long wallNanos, long nowNanos) {
    long ahead = wallNanos - nowNanos;
    boolean jumped = clocksKnown && Math.abs(ahead - wallAheadNanos) > CLOCK_JUMP_NANOS;
    clocksKnown = true;
    wallAheadNanos = ahead;
    if (jumped) {
      forgetSessions();
    }
    return jumped;
  }

  // ------------------------------------------------------------------------------ from the network

  /**
   * Takes a datagram from a socket.
   *
   * @param path number of the path in the settings on which it came
   * @param source its sender's address, null where not known
   * @param datagram big endian, from position to limit; not kept
   * @return why it did not count, or null
   */
  public @Nullable LinkDropReason received(
      int path, @Nullable IpAddress source, ByteBuffer datagram, long nowNanos) {
    lastNowNanos = nowNanos;
    LinkDropReason drop = header.read(datagram);
    if (drop == null) {
      drop = judgeHeader(path);
    }
    Member member = drop == null ? sender() : null;
    if (drop == null && member == null) {
      drop = LinkDropReason.WRONG_SENDER;
    }
    if (member == null) {
      strangers.count(Objects.requireNonNull(drop, "no member, hence a reason"));
      return drop;
    }
    return header.kind == EnvelopeKind.HELLO
        ? receivedHello(member, datagram, nowNanos)
        : member.link.received(header, path, source, datagram, nowNanos);
  }

  private @Nullable LinkDropReason judgeHeader(int path) {
    if (path < 0 || path >= settings.paths().size()) {
      return LinkDropReason.UNKNOWN_KIND;
    }
    if (header.clusterTag != clusterTag) {
      return LinkDropReason.WRONG_CLUSTER;
    }
    long wanted = header.kind == EnvelopeKind.HELLO ? 0 : selfTag;
    return header.receiverTag == wanted ? null : LinkDropReason.WRONG_RECEIVER;
  }

  private @Nullable Member sender() {
    for (Member member : members) {
      if (member.tag == header.senderTag) {
        return member;
      }
    }
    return null;
  }

  private @Nullable LinkDropReason receivedHello(
      Member member, ByteBuffer datagram, long nowNanos) {
    return switch (hellos.open(header, member.link.peer(), datagram, nowNanos)) {
      case Hello.Read.Dropped(LinkDropReason reason) -> {
        member.link.counters().drops.count(reason);
        yield reason;
      }
      case Hello.Read.Ok(Hello hello) -> {
        member.directory.claimed(hello);
        aim(member, nowNanos);
        yield null;
      }
    };
  }

  // -------------------------------------------------------------------------------- to the network

  /** Sends what is due. */
  public void fill(LinkSink sink, long nowNanos) {
    for (Member member : members) {
      member.link.fill(sink, nowNanos);
      if (member.link.up()) {
        member.lastUpNanos = nowNanos;
        member.everUp = true;
      }
    }
    if (helloAtNanos - nowNanos <= 0) {
      helloAtNanos = nowNanos + (searching() ? HELLO_SEARCHING_NANOS : HELLO_NANOS);
      for (int path = 0; path < settings.paths().size(); path++) {
        helloDatagram.clear();
        hellos.seal(identity, path, helloDatagram);
        sink.sendHello(path, helloDatagram.flip());
      }
    }
    ours.forgetEnded(knownToAll(nowNanos));
  }

  private boolean searching() {
    for (Member member : members) {
      if (!member.link.up()) {
        return true;
      }
    }
    return false;
  }

  /** Position up to which every peer that counts holds our flows. */
  private long knownToAll(long nowNanos) {
    long known = ours.newestPosition();
    for (Member member : members) {
      if (member.everUp && nowNanos - member.lastUpNanos < REMEMBER_NANOS) {
        known = Math.min(known, member.link.acknowledgedPosition());
      }
    }
    return known;
  }

  /** When {@link #fill} has something to do even if nothing happens until then. */
  public long deadlineNanos(long nowNanos) {
    long deadline = helloAtNanos;
    for (Member member : members) {
      deadline = SyncLink.earlier(deadline, member.link.deadlineNanos(nowNanos));
    }
    return deadline;
  }

  // --------------------------------------------------------------------------------------- status

  /** The link with that router, null when it is no peer. */
  public @Nullable SyncLink link(String peer) {
    Member member = member(peer);
    return member == null ? null : member.link;
  }

  /** That router's number in the table, from 0; negative when it is no peer. */
  public int number(String peer) {
    Member member = member(peer);
    return member == null ? -1 : member.number;
  }

  /** All links, in the order of the settings. */
  public List<SyncLink> links() {
    return links;
  }

  /** Position up to which at least one peer that is heard holds our flows. */
  public long protectedPosition() {
    return acknowledgedPosition(true);
  }

  /** Position up to which a peer that is not heard now held our flows when it last was. */
  public long silentPosition() {
    return acknowledgedPosition(false);
  }

  private long acknowledgedPosition(boolean heard) {
    long position = 0;
    for (SyncLink link : links) {
      if (link.up() == heard) {
        position = Math.max(position, link.acknowledgedPosition());
      }
    }
    return position;
  }

  /** Our flows that at least one peer holds. */
  public long protectedFlows() {
    return ours.count() - ours.countAfter(protectedPosition());
  }

  /** Datagrams that could not be given to any link. */
  public Drops<LinkDropReason> strangers() {
    return strangers;
  }
}
