package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.agent.sync.wire.FlowsFrame;
import dev.holdfast.agent.sync.wire.FlowsReceived;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Heartbeat;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.LinkFields;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.LinkMessageType;
import dev.holdfast.agent.sync.wire.Marker;
import dev.holdfast.agent.sync.wire.Opening;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
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
 * <p>Not a thread's, not a socket's: {@link #received} is given datagrams, {@link #fill} gives
 * datagrams, {@link #deadlineNanos} says when to come again.
 */
public final class SyncLink {
  private static final long MILLI_NANOS = 1_000_000L;
  private static final long BURST_NANOS = MILLI_NANOS;
  private static final int BURST_FRAMES = 32;
  private static final long IDENTITY_NANOS = 1_000 * MILLI_NANOS;
  private static final long AGAIN_NANOS = 200 * MILLI_NANOS;
  private static final long RESTART_NANOS = 1_000 * MILLI_NANOS;
  private static final int TO_SAY_MAX = 8;

  private final String peer;
  private final SealedChannel channel;
  private final OwnFlows ours;
  private final PeerFlows theirs;
  private final LinkListener listener;
  private final LinkCounters counters = new LinkCounters();
  private final OutStream out;
  private final InStream in;
  private final LagMeter lag;

  private final ByteBuffer plain = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private final ByteBuffer sealed = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private final ByteBuffer opened = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
  private final LinkFields messages = new LinkFields();
  private final LinkFields fields = new LinkFields();
  private final Heartbeat heartbeat = new Heartbeat();
  private final FlowsFrame frame = new FlowsFrame();
  private final FlowsReceived received = new FlowsReceived();
  private final Marker marker = new Marker();
  private final List<HandoverMessage> toSay = new ArrayList<>();

  private LinkSettings settings;
  private List<LinkPath> paths = List.of();
  private Hello identity;
  private byte[] stateBytes;
  private boolean tableExact;

  private long beatAtNanos;
  private long identityAtNanos;
  private long burstAtNanos;
  private boolean moreToSend;
  private boolean sayAtOnce;
  private boolean up;

  // The peer.
  private long peerIncarnation;
  private long peerHeartbeatNanos;
  private RouterState peerState = RouterState.UNKNOWN;
  private @Nullable Hello peerIdentity;
  private boolean peerHoldsOurs;
  private boolean weHoldTheirs;
  private @Nullable Opening toldIncompatible;

  // Barriers: ours to the peer, and the peer's to us.
  private long barrier;
  private long barrierPosition;
  private boolean barrierOpen;
  private long barrierAsked;
  private long peerBarrier;
  private long peerBarrierTicket;
  private boolean peerBarrierOpen;
  private long peerBarrierReached;
  private boolean barrierAnswerDue;
  private long committedTicket;

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
    this.theirs = theirs;
    this.listener = listener;
    this.identity = identity;
    this.stateBytes = Heartbeat.encode(state);
    this.tableExact = state.tableExact();
    this.out = new OutStream(ours, counters);
    this.in = new InStream(theirs, number, codec, counters);
    this.lag = new LagMeter(nowNanos);
    this.beatAtNanos = nowNanos;
    this.identityAtNanos = nowNanos;
    this.burstAtNanos = nowNanos;
    reconfigure(settings);
  }

  // ------------------------------------------------------------------------------ from the owner

  /** Other settings; paths that remain go on without a break. */
  void reconfigure(LinkSettings settings) {
    this.settings = settings;
    List<LinkPath> wanted = new ArrayList<>();
    for (LinkSettings.Path path : settings.paths()) {
      LinkPath kept = pathOf(path.network());
      LinkPath now = kept == null ? new LinkPath(path.network(), path.datagramBytes()) : kept;
      now.datagramBytes = Math.min(path.datagramBytes(), EnvelopeHeader.DATAGRAM_BYTES_MAX);
      wanted.add(now);
    }
    paths = wanted;
  }

  void keysChanged(LinkKeys keys, long nowNanos) {
    channel.keysChanged(keys, nowNanos);
    beatAtNanos = nowNanos;
  }

  /** Where the peer may be on a network, best first; a new address is tried at once. */
  void targets(String network, List<IpAddress> addresses, long nowNanos) {
    LinkPath path = pathOf(network);
    if (path != null && path.targets(addresses) && !path.up()) {
      beatAtNanos = nowNanos;
    }
  }

  private @Nullable LinkPath pathOf(String network) {
    for (LinkPath path : paths) {
      if (path.network.equals(network)) {
        return path;
      }
    }
    return null;
  }

  /** What we say of ourselves from now on; said at once. */
  void tell(RouterState state, byte[] encoded, long nowNanos) {
    stateBytes = encoded;
    tableExact = state.tableExact();
    beatAtNanos = nowNanos;
  }

  void identify(Hello identity, long nowNanos) {
    this.identity = identity;
    identityAtNanos = nowNanos;
  }

  /**
   * Asks for a barrier behind everything that has happened until now.
   *
   * @return its number; {@link LinkEvent.BarrierAnswered} brings it back
   */
  public long requestBarrier() {
    barrier++;
    barrierPosition = ours.newestPosition();
    barrierOpen = true;
    return barrier;
  }

  /** Our kernel holds everything up to that ticket. */
  void committed(long ticket) {
    committedTicket = ticket;
    judgePeerBarrier();
  }

  /** Says a step of a handover, once, on every path. */
  public void say(HandoverMessage message) {
    if (toSay.size() < TO_SAY_MAX) {
      toSay.add(message);
      sayAtOnce = true;
    }
  }

  /** Asks the peer to tell everything from the beginning. */
  public void askEverything() {
    in.askAgain();
  }

  /** Every deadline moves by the length of a stall. */
  void postpone(long nanos) {
    for (LinkPath path : paths) {
      path.postpone(nanos);
    }
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
      readMessages(path, nowNanos);
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
    beatAtNanos = nowNanos;
    identityAtNanos = nowNanos;
    in.peerRestarted();
    peerBarrier = 0;
    peerBarrierOpen = false;
    peerBarrierReached = 0;
    peerState = RouterState.UNKNOWN;
    barrierAsked = 0;
    out.begin(false, nowNanos);
    weHoldTheirs(false);
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

  private void readMessages(int path, long nowNanos) {
    messages.over(opened, opened.position(), opened.limit());
    int end = opened.limit();
    while (messages.next()) {
      LinkDropReason drop = readMessage(path, nowNanos);
      opened.limit(end);
      if (drop != null) {
        counters.drops.count(drop);
      }
    }
    if (messages.malformed()) {
      counters.drops.count(LinkDropReason.MALFORMED_MESSAGE);
    }
  }

  private @Nullable LinkDropReason readMessage(int path, long nowNanos) {
    return switch (messages.number()) {
      case LinkMessageType.HEARTBEAT -> readHeartbeat(path);
      case LinkMessageType.FLOWS -> {
        LinkDropReason drop = frame.read(messages, opened);
        if (drop == null) {
          in.received(frame, opened, messages.valueAt() + messages.valueBytes());
        }
        yield drop;
      }
      case LinkMessageType.FLOWS_RECEIVED -> {
        LinkDropReason drop = received.read(messages, fields, opened);
        if (drop == null) {
          answered(nowNanos);
        }
        yield drop;
      }
      case LinkMessageType.EVERYTHING_SENT -> {
        LinkDropReason drop = marker.read(messages, fields);
        if (drop == null) {
          in.everythingSent(marker.number);
        }
        yield drop;
      }
      case LinkMessageType.BARRIER -> {
        LinkDropReason drop = marker.read(messages, fields);
        if (drop == null) {
          peerAsksBarrier(marker.number);
        }
        yield drop;
      }
      case LinkMessageType.BARRIER_REACHED -> {
        LinkDropReason drop = marker.read(messages, fields);
        if (drop == null) {
          barrierReached(marker.number);
        }
        yield drop;
      }
      case LinkMessageType.IDENTITY -> readIdentity();
      case LinkMessageType.HANDOVER -> readHandover();
      default -> {
        counters.unknownMessages++;
        yield null;
      }
    };
  }

  private @Nullable LinkDropReason readHeartbeat(int path) {
    LinkDropReason drop = heartbeat.read(messages, fields, opened);
    if (drop != null) {
      return drop;
    }
    paths.get(path).peerHearsUs(heartbeat.hearing);
    peerHeartbeatNanos = heartbeat.intervalMicros * 1_000L;
    RouterState state = heartbeat.state();
    weHoldTheirs(
        state.tableExact()
            && !in.askingAgain()
            && heartbeat.peerHoldsPosition >= heartbeat.newestPosition);
    if (!state.equals(peerState)) {
      peerState = state;
      tell(new LinkEvent.PeerChanged(state));
    }
    return null;
  }

  private void weHoldTheirs(boolean all) {
    if (all != weHoldTheirs) {
      weHoldTheirs = all;
      tell(new LinkEvent.WeHoldTheirs(all));
    }
  }

  private void answered(long nowNanos) {
    out.received(received, nowNanos);
    if (received.again != 0
        && received.again == out.stream()
        && nowNanos - out.startedAtNanos() >= AGAIN_NANOS) {
      out.begin(false, nowNanos);
    }
  }

  private void peerAsksBarrier(long number) {
    if (number <= peerBarrierReached) {
      barrierAnswerDue = number == peerBarrierReached;
      return;
    }
    if (number > peerBarrier) {
      peerBarrier = number;
      peerBarrierTicket = theirs.newestTicket();
      peerBarrierOpen = true;
      if (committedTicket < peerBarrierTicket) {
        tell(new LinkEvent.CommitWanted(peerBarrierTicket));
      }
    }
    judgePeerBarrier();
  }

  private void judgePeerBarrier() {
    if (peerBarrierOpen && committedTicket >= peerBarrierTicket) {
      peerBarrierOpen = false;
      peerBarrierReached = peerBarrier;
      barrierAnswerDue = true;
    }
  }

  private void barrierReached(long number) {
    if (barrierOpen && number == barrier) {
      barrierOpen = false;
      tell(new LinkEvent.BarrierAnswered(number));
    }
  }

  private @Nullable LinkDropReason readIdentity() {
    return switch (Hello.read(messages)) {
      case Hello.Read.Dropped(LinkDropReason reason) -> reason;
      case Hello.Read.Ok(Hello hello) -> {
        if (!hello.node().equals(peer)) {
          yield LinkDropReason.MALFORMED_FIELD;
        }
        if (!hello.equals(peerIdentity)) {
          peerIdentity = hello;
          tell(new LinkEvent.PeerIdentified(hello));
        }
        yield null;
      }
    };
  }

  private @Nullable LinkDropReason readHandover() {
    return switch (HandoverMessage.read(messages, fields)) {
      case HandoverMessage.Read.Dropped(LinkDropReason reason) -> reason;
      case HandoverMessage.Read.UnknownStep _ -> {
        counters.unknownMessages++;
        yield null;
      }
      case HandoverMessage.Read.Ok(HandoverMessage message) -> {
        tell(new LinkEvent.HandoverReceived(message));
        yield null;
      }
    };
  }

  private void tell(LinkEvent event) {
    listener.event(peer, event);
  }

  // --------------------------------------------------------------------------------- to the peer

  /** Sends what is due. */
  void fill(LinkSink sink, long nowNanos) {
    judgeSilence(nowNanos);
    sendReplies(sink);
    if (channel.established()) {
      restartStreamIfNeeded(nowNanos);
      out.loseOverdue(nowNanos);
      sendFlows(sink, nowNanos);
    }
    judgeBarrier();
    if (beatAtNanos - nowNanos <= 0) {
      beatAtNanos = nowNanos + settings.heartbeatNanos();
      beat(sink, nowNanos);
    } else if (sayAtOnce || barrierAnswerDue) {
      if (channel.established()) {
        sendOnAllPaths(sink, false, false);
      }
    }
    judgeProtection(nowNanos);
  }

  private void judgeSilence(long nowNanos) {
    long silence = settings.silenceNanos(peerHeartbeatNanos);
    boolean any = false;
    for (LinkPath path : paths) {
      if (path.fellSilent(silence, nowNanos)) {
        tell(new LinkEvent.PathSilent(path.network));
      }
      any |= path.up();
    }
    if (up && !any) {
      up = false;
      weHoldTheirs(false);
      tell(new LinkEvent.LinkSilent());
    }
  }

  private void sendReplies(LinkSink sink) {
    if (!channel.replyDue()) {
      return;
    }
    EnvelopeKind kind = channel.replyKind();
    long due = channel.takeReplyPaths();
    for (int number = 0; number < paths.size(); number++) {
      if ((due & 1L << number) != 0) {
        sendHandshake(sink, number, kind);
      }
    }
  }

  private void restartStreamIfNeeded(long nowNanos) {
    if (out.mustBeginAnew() && nowNanos - out.startedAtNanos() >= RESTART_NANOS) {
      out.begin(true, nowNanos);
    }
  }

  private void sendFlows(LinkSink sink, long nowNanos) {
    int number = dataPath(nowNanos);
    moreToSend = false;
    if (number < 0) {
      return;
    }
    LinkPath path = paths.get(number);
    if (burstAtNanos - nowNanos > 0) {
      moreToSend = out.maySend();
    } else {
      int frames = 0;
      while (frames < BURST_FRAMES && out.maySend()) {
        beginPlain(path);
        if (in.answerDue()) {
          in.writeAnswer(plain);
        }
        boolean fresh = plain.position() == 0;
        boolean filled = out.fill(plain, fresh, nowNanos);
        if (plain.position() == 0) {
          break;
        }
        sendData(sink, number);
        frames += filled ? 1 : 0;
        if (!filled && fresh) {
          break;
        }
      }
      if (frames > 0) {
        burstAtNanos = nowNanos + BURST_NANOS;
      }
      moreToSend = out.maySend();
    }
    if (in.answerDue()) {
      beginPlain(path);
      in.writeAnswer(plain);
      sendData(sink, number);
    }
  }

  /**
   * The path for flows: the best on which both hear each other and that has been steady for five
   * heartbeats; else the best of any steadiness; else the best on which we hear the peer; else
   * none.
   */
  private int dataPath(long nowNanos) {
    int unsteady = -1;
    int oneWay = -1;
    for (int number = 0; number < paths.size(); number++) {
      LinkPath path = paths.get(number);
      if (path.bothWays()) {
        if (path.steady(5 * settings.heartbeatNanos(), nowNanos)) {
          return number;
        }
        unsteady = unsteady < 0 ? number : unsteady;
      } else if (path.up() && oneWay < 0) {
        oneWay = number;
      }
    }
    return unsteady >= 0 ? unsteady : oneWay;
  }

  private void beat(LinkSink sink, long nowNanos) {
    EnvelopeKind handshake = channel.due(nowNanos);
    if (handshake != null) {
      for (int number = 0; number < paths.size(); number++) {
        sendHandshake(sink, number, handshake);
      }
    }
    if (channel.established()) {
      boolean identify = identityAtNanos - nowNanos <= 0;
      if (identify) {
        identityAtNanos = nowNanos + IDENTITY_NANOS;
      }
      sendOnAllPaths(sink, true, identify);
    }
    for (LinkPath path : paths) {
      if (!path.up()) {
        path.nextTurn();
      }
    }
  }

  private void sendOnAllPaths(LinkSink sink, boolean beat, boolean identify) {
    long acknowledged = out.acknowledgedPosition();
    for (int number = 0; number < paths.size(); number++) {
      LinkPath path = paths.get(number);
      beginPlain(path);
      if (beat) {
        Heartbeat.write(
            plain,
            path.up(),
            (int) (settings.heartbeatNanos() / 1_000),
            ours.newestPosition(),
            acknowledged,
            stateBytes);
        if (in.begun()) {
          in.writeAnswer(plain);
        }
        if (out.everythingArrived() && !out.peerKnowsComplete()) {
          Marker.write(plain, LinkMessageType.EVERYTHING_SENT, out.stream());
        }
      }
      if (barrierOpen && acknowledged >= barrierPosition) {
        Marker.write(plain, LinkMessageType.BARRIER, barrier);
      }
      if (barrierAnswerDue) {
        Marker.write(plain, LinkMessageType.BARRIER_REACHED, peerBarrierReached);
      }
      for (HandoverMessage message : toSay) {
        message.write(plain);
      }
      if (plain.position() > 0) {
        sendData(sink, number);
      }
      if (identify) {
        beginPlain(path);
        identity.write(plain);
        sendData(sink, number);
      }
    }
    toSay.clear();
    sayAtOnce = false;
    barrierAnswerDue = false;
  }

  private void beginPlain(LinkPath path) {
    plain.clear();
    plain.limit(Math.max(512, path.datagramBytes - EnvelopeHeader.overhead(EnvelopeKind.DATA)));
  }

  private void sendData(LinkSink sink, int number) {
    IpAddress target = paths.get(number).target();
    if (target == null) {
      return;
    }
    sealed.clear();
    channel.sealData(number, plain.flip(), sealed);
    send(sink, number, target);
  }

  private void sendHandshake(LinkSink sink, int number, EnvelopeKind kind) {
    IpAddress target = paths.get(number).target();
    if (target == null) {
      return;
    }
    sealed.clear();
    channel.sealHandshake(kind, number, sealed);
    send(sink, number, target);
  }

  private void send(LinkSink sink, int number, IpAddress target) {
    sealed.flip();
    counters.datagramsSent++;
    counters.bytesSent += sealed.remaining();
    sink.send(number, target, sealed);
  }

  /** A barrier does not wait for the next heartbeat. */
  private void judgeBarrier() {
    if (barrierOpen
        && barrierAsked != barrier
        && channel.established()
        && out.acknowledgedPosition() >= barrierPosition) {
      barrierAsked = barrier;
      sayAtOnce = true;
    }
  }

  private void judgeProtection(long nowNanos) {
    long newest = ours.newestPosition();
    long acknowledged = out.acknowledgedPosition();
    lag.newest(newest, nowNanos);
    lag.acknowledged(acknowledged);
    boolean holds = up && tableExact && out.begun() && acknowledged >= newest;
    if (holds != peerHoldsOurs) {
      peerHoldsOurs = holds;
      tell(new LinkEvent.PeerHoldsOurs(holds));
    }
  }

  // -------------------------------------------------------------------------------------- status

  /** When {@link #fill} has something to do even if nothing happens until then. */
  long deadlineNanos(long nowNanos) {
    long deadline = sayAtOnce ? nowNanos : beatAtNanos;
    long silence = settings.silenceNanos(peerHeartbeatNanos);
    for (LinkPath path : paths) {
      if (path.up()) {
        deadline = earlier(deadline, path.heardAtNanos() + silence);
      }
    }
    if (moreToSend) {
      deadline = earlier(deadline, burstAtNanos);
    }
    if (out.anyInFlight() && channel.established()) {
      deadline = earlier(deadline, out.overdueAtNanos());
    }
    return deadline;
  }

  static long earlier(long a, long b) {
    return a - b <= 0 ? a : b;
  }

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
    long latest = paths.getFirst().heardAtNanos();
    for (LinkPath path : paths) {
      latest = path.heardAtNanos() - latest > 0 ? path.heardAtNanos() : latest;
    }
    return latest;
  }

  /** What the peer said of itself last; of a silent peer too. */
  public RouterState peerState() {
    return peerState;
  }

  /** The peer holds all our flows. */
  public boolean peerHoldsOurs() {
    return peerHoldsOurs;
  }

  /** We hold all flows of the peer, by its own word. */
  public boolean weHoldTheirs() {
    return weHoldTheirs;
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
    for (LinkPath path : paths) {
      if (path.up()) {
        each.accept(path.network, path.arrivedAtNanos());
      }
    }
  }

  /** All of it for people and metrics; makes an object. */
  public LinkStatus status(long nowNanos) {
    int number = dataPath(nowNanos);
    List<String> heardOn = new ArrayList<>();
    for (LinkPath path : paths) {
      if (path.up()) {
        heardOn.add(path.network);
      }
    }
    return new LinkStatus(
        peer,
        state(),
        number < 0 ? null : paths.get(number).network,
        heardOn,
        out.sentPosition(),
        out.acknowledgedPosition(),
        ours.newestPosition(),
        peerHoldsOurs,
        weHoldTheirs,
        lag.lagNanos(nowNanos) / MILLI_NANOS,
        counters.framesLost,
        counters.flowsResent,
        out.smoothedRttNanos() / 1_000,
        peerState);
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
    return peerHoldsOurs && weHoldTheirs ? LinkStatus.State.IN_SYNC : LinkStatus.State.SYNCING;
  }

  /** Takes the link off the table. */
  void close() {
    out.close();
  }
}
