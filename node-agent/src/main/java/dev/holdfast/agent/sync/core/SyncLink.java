package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.Opening;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The link with one peer, over every network that both are attached to.
 *
 * <p><b>Signs of life</b> go over all paths at all times: a heartbeat each, every 20 ms or advert
 * interval. It carries what the router says of itself, how far its table is, and which frames it
 * has. A change of what it says goes out at once. A path is silent after five heartbeats (at most
 * three advert intervals), the link when all its paths are.
 *
 * <p><b>Flows</b> take one path: the first in the settings' order on which both hear each other,
 * that is the Sync network, and a LAN while that is down. A path that came back must have been
 * heard for a while before it gets the flows again.
 *
 * <p><b>Barrier</b>: first everything up to it must have arrived, then the peer is asked, again
 * with each heartbeat, and answers when all that it had been told by then is in its kernel.
 *
 * <p>Who does what: {@link LinkReader} and {@link FromPeer} read, {@link BeatSender} and {@link
 * FlowSender} write, {@link LinkPaths} knows the networks, {@link OutStream} and {@link InStream}
 * the flows under way. Here is decided who the peer is and whether it is heard.
 *
 * <p>Not a thread's, not a socket's: {@link #received} is given datagrams, {@link #fill} gives
 * datagrams, {@link #deadlineNanos} says when to come again.
 */
public final class SyncLink {
  private static final long MILLI_NANOS = 1_000_000L;
  private static final long RESTART_NANOS = 1_000 * MILLI_NANOS;

  private final String peer;
  private final SealedChannel channel;
  private final OwnFlows ours;
  private final LinkListener listener;
  private final LinkCounters counters = new LinkCounters();
  private final ByteBuffer opened = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private final LinkPaths paths;
  private final OutStream out;
  private final InStream in;
  private final LinkWords words = new LinkWords();
  private final FromPeer fromPeer;
  private final LinkReader reader;
  private final SealedSender sender;
  private final FlowSender flows;
  private final BeatSender beats;
  private final LagMeter lag;

  private LinkSettings settings;
  private boolean tableExact;
  private boolean up;
  private long peerIncarnation;
  private boolean peerHoldsOurs;
  private @Nullable Opening toldIncompatible;

  /**
   * @param number the peer's number in the table, from 0
   */
  SyncLink(
      LinkSettings settings,
      String peer,
      int number,
      SealedChannel channel,
      OwnFlows ours,
      PeerFlows theirs,
      ConntrackdCodec codec,
      Hello identity,
      RouterState state,
      LinkListener listener,
      long nowNanos) {
    this.settings = settings;
    this.peer = peer;
    this.channel = channel;
    this.ours = ours;
    this.listener = listener;
    this.tableExact = state.tableExact();
    this.paths = new LinkPaths(settings);
    this.out = new OutStream(ours, counters);
    this.in = new InStream(theirs, number, codec, counters);
    this.lag = new LagMeter(nowNanos);
    this.fromPeer =
        new FromPeer(paths, out, in, theirs, words, event -> listener.event(peer, event));
    this.reader = new LinkReader(peer, fromPeer, counters);
    this.sender = new SealedSender(channel, paths, counters);
    this.flows = new FlowSender(out, in, sender, nowNanos);
    this.beats =
        new BeatSender(paths, channel, sender, ours, out, in, words, identity, state, nowNanos);
    beats.every(settings.heartbeatNanos());
  }

  // ------------------------------------------------------------------------------ from the owner

  /** Other settings; paths that remain go on without a break. */
  void reconfigure(LinkSettings settings) {
    this.settings = settings;
    paths.reconfigure(settings);
    beats.every(settings.heartbeatNanos());
  }

  void keysChanged(LinkKeys keys, long nowNanos) {
    channel.keysChanged(keys, nowNanos);
    beats.beatNow(nowNanos);
  }

  /** Where the peer may be on a network, best first; a new address is tried at once. */
  void targets(String network, List<IpAddress> addresses, long nowNanos) {
    LinkPath path = paths.on(network);
    if (path != null && path.targets(addresses) && !path.up()) {
      beats.beatNow(nowNanos);
    }
  }

  /** What we say of ourselves from now on; said at once. */
  void tell(RouterState state, byte[] encoded, long nowNanos) {
    tableExact = state.tableExact();
    beats.tell(encoded, nowNanos);
  }

  void identify(Hello identity, long nowNanos) {
    beats.identify(identity, nowNanos);
  }

  /**
   * Asks for a barrier behind everything that has happened until now.
   *
   * @return its number; {@link LinkEvent.BarrierAnswered} brings it back
   */
  public long requestBarrier() {
    return words.ownBarrier.request(ours.newestPosition());
  }

  /** Our kernel holds everything up to that ticket. */
  void committed(long ticket) {
    words.peerBarrier.committed(ticket);
  }

  /** Says a step of a handover, once, on every path. */
  public void say(HandoverMessage message) {
    words.say(message);
  }

  /** Asks the peer to tell everything from the beginning. */
  public void askEverything() {
    in.askAgain();
  }

  /** Every deadline moves by the length of a stall. */
  void postpone(long nanos) {
    paths.postpone(nanos);
    out.postpone(nanos);
  }

  /** Sessions end, see {@link SealedChannel#forget}. */
  void forgetSessions() {
    channel.forget();
  }

  // -------------------------------------------------------------------------------- from the peer

  /**
   * Takes a datagram from the peer.
   *
   * @param path on which network it came
   * @param source its source address, null where that is not known
   * @return why it did not count, or null
   */
  @Nullable LinkDropReason received(
      EnvelopeHeader header,
      int path,
      @Nullable IpAddress source,
      ByteBuffer datagram,
      long nowNanos) {
    LinkDropReason drop = channel.open(header, datagram, opened, nowNanos);
    if (drop != null) {
      counters.drops.count(drop);
      return drop;
    }
    counters.datagramsReceived++;
    counters.bytesReceived += datagram.remaining();
    judgeSession(nowNanos);
    if (header.kind == EnvelopeKind.DATA) {
      heard(path, source, nowNanos);
      reader.read(opened, path, nowNanos);
    }
    return null;
  }

  private void judgeSession(long nowNanos) {
    Opening incompatible = channel.incompatible();
    if (incompatible != null && !incompatible.equals(toldIncompatible)) {
      toldIncompatible = incompatible;
      tell(new LinkEvent.Incompatible(incompatible.versionMin(), incompatible.versionMax()));
    }
    long incarnation = channel.peerIncarnation();
    if (incarnation == 0 || incarnation == peerIncarnation) {
      return;
    }
    boolean restarted = peerIncarnation != 0;
    peerIncarnation = incarnation;
    beats.introduce(nowNanos);
    fromPeer.restarted();
    out.begin(false, nowNanos);
    fromPeer.nothingHeld();
    if (restarted) {
      tell(new LinkEvent.PeerRestarted());
    }
  }

  private void heard(int number, @Nullable IpAddress source, long nowNanos) {
    LinkPath path = paths.get(number);
    if (path.heard(source, nowNanos)) {
      tell(new LinkEvent.PathHeard(path.network));
    }
    if (!up) {
      up = true;
      tell(new LinkEvent.LinkHeard());
    }
  }

  private void tell(LinkEvent event) {
    listener.event(peer, event);
  }

  // --------------------------------------------------------------------------------- to the peer

  /** Sends what is due. */
  void fill(LinkSink sink, long nowNanos) {
    judgeSilence(nowNanos);
    sender.replies(sink);
    if (channel.established()) {
      restartStreamIfNeeded(nowNanos);
      out.loseOverdue(nowNanos);
      flows.send(sink, paths.forFlows(nowNanos), nowNanos);
    }
    beats.send(sink, nowNanos);
    judgeProtection(nowNanos);
  }

  private void judgeSilence(long nowNanos) {
    long silence = silenceNanos();
    for (LinkPath path : paths.all()) {
      if (path.fellSilent(silence, nowNanos)) {
        tell(new LinkEvent.PathSilent(path.network));
      }
    }
    if (up && !paths.anyUp()) {
      up = false;
      fromPeer.nothingHeld();
      tell(new LinkEvent.LinkSilent());
    }
    for (LinkPath path : paths.all()) {
      path.missed(up && !path.up() && fromPeer.attached(path), nowNanos);
    }
  }

  private long silenceNanos() {
    return settings.silenceNanos(fromPeer.heartbeatNanos());
  }

  private void restartStreamIfNeeded(long nowNanos) {
    if (out.mustBeginAnew() && nowNanos - out.startedAtNanos() >= RESTART_NANOS) {
      out.begin(true, nowNanos);
    }
  }

  private void judgeProtection(long nowNanos) {
    long newest = ours.newestPosition();
    long acknowledged = out.acknowledgedPosition();
    lag.newest(newest, nowNanos);
    lag.acknowledged(acknowledged, nowNanos);
    boolean holds = up && tableExact && out.begun() && acknowledged >= newest;
    if (holds != peerHoldsOurs) {
      peerHoldsOurs = holds;
      tell(new LinkEvent.PeerHoldsOurs(holds));
    }
  }

  /** When {@link #fill} has something to do even if nothing happens until then. */
  long deadlineNanos(long nowNanos) {
    long deadline = beats.deadlineNanos(nowNanos);
    long silence = silenceNanos();
    for (LinkPath path : paths.all()) {
      if (path.up()) {
        deadline = earlier(deadline, path.heardAtNanos() + silence);
      }
    }
    return channel.established() ? flows.deadlineNanos(deadline) : deadline;
  }

  static long earlier(long a, long b) {
    return a - b <= 0 ? a : b;
  }

  // -------------------------------------------------------------------------------------- status

  /** The peer's name. */
  public String peer() {
    return peer;
  }

  /** The peer is heard on at least one path. */
  public boolean up() {
    return up;
  }

  /** Number of the peer's process; 0 before the first session. */
  long peerIncarnation() {
    return peerIncarnation;
  }

  /** When the peer was last heard on any path; meaningless while it never was. */
  public long heardAtNanos() {
    return paths.heardAtNanos();
  }

  /** What the peer said of itself last; of a silent peer too. */
  public RouterState peerState() {
    return fromPeer.state();
  }

  /** The peer holds all our flows. */
  public boolean peerHoldsOurs() {
    return peerHoldsOurs;
  }

  /** We hold all flows of the peer, by its own word. */
  public boolean weHoldTheirs() {
    return fromPeer.weHoldTheirs();
  }

  /** Position up to which the peer holds our flows. */
  public long acknowledgedPosition() {
    return out.acknowledgedPosition();
  }

  public LinkCounters counters() {
    return counters;
  }

  /** Of each network on which the peer is heard: when something last came in there. */
  public void arrivals(ObjLongConsumer<String> each) {
    paths.arrivals(each);
  }

  /**
   * Networks on which the peer is not heard although it is attached to them, while it is heard on
   * another: a fault of these paths. None where the whole link is silent.
   */
  public List<String> silentPaths(long nowNanos) {
    return paths.all().stream()
        .filter(path -> path.missedFor(silenceNanos(), nowNanos))
        .map(path -> path.network)
        .toList();
  }

  /** All of it for people and metrics; makes an object. */
  public LinkStatus status(long nowNanos) {
    int number = paths.forFlows(nowNanos);
    return new LinkStatus(
        peer,
        state(),
        number < 0 ? null : paths.get(number).network,
        paths.heardOn(),
        paths.all().stream()
            .filter(path -> path.up() || fromPeer.attached(path))
            .map(path -> path.network)
            .toList(),
        out.sentPosition(),
        out.acknowledgedPosition(),
        ours.newestPosition(),
        peerHoldsOurs,
        fromPeer.weHoldTheirs(),
        lag.lagNanos(nowNanos) / MILLI_NANOS,
        counters.framesLost,
        counters.flowsResent,
        out.smoothedRttNanos() / 1_000,
        fromPeer.state());
  }

  private LinkStatus.State state() {
    if (toldIncompatible != null && !channel.established()) {
      return LinkStatus.State.INCOMPATIBLE;
    }
    if (!channel.established()) {
      return up ? LinkStatus.State.HEARD : LinkStatus.State.SILENT;
    }
    if (!up) {
      return LinkStatus.State.SILENT;
    }
    return peerHoldsOurs && fromPeer.weHoldTheirs()
        ? LinkStatus.State.IN_SYNC
        : LinkStatus.State.SYNCING;
  }

  /** Takes the link off the table. */
  void close() {
    out.close();
  }
}
