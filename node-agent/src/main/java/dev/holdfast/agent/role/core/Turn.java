package dev.holdfast.agent.role.core;

import dev.holdfast.agent.role.core.Hold.Phase;
import dev.holdfast.agent.role.core.RoleState.Refusal;
import dev.holdfast.api.addr.IpAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The working copy of one step: the state's fields, open for changes until {@link #outcome()}
 * closes it. Lives no longer than the step and is seen by nobody else.
 */
final class Turn {

  private static final long MILLI = 1_000_000L;

  final RoleConfig config;
  final long now;
  final List<RoleAction> actions = new ArrayList<>();

  Role role;
  long since;
  final SortedMap<Segment, Path> paths;
  final Map<String, Link> links;
  final SortedSet<Fault> faults;
  final Map<String, Refusal> refused;
  private boolean maintenance;
  boolean inSync;
  private boolean peerInSync;
  final SortedMap<String, Peer> peers;
  long steadySince;
  OptionalLong lastSign;
  long lastTakeover;
  @Nullable Hold hold;
  @Nullable Bid bid;
  @Nullable Handover handover;
  String wish;
  private Asked remembered;
  private int priority;
  private boolean preempts;
  private final List<Transition> transitions;
  final PlannedChange planned = new PlannedChange(this);
  final Bidding bidding = new Bidding(this);
  final Tenure tenure = new Tenure(this);

  Turn(RoleConfig config, RoleState state, long nowNanos) {
    this.config = config;
    this.now = nowNanos;
    role = state.role();
    since = state.sinceNanos();
    paths = new TreeMap<>(state.paths());
    links = new HashMap<>(state.links());
    faults = new TreeSet<>(state.faults());
    refused = new HashMap<>(state.refused());
    maintenance = state.maintenance();
    inSync = state.inSync();
    peerInSync = state.peerInSync();
    peers = new TreeMap<>(state.peers());
    steadySince = state.steadySinceNanos();
    lastSign = state.lastSignNanos();
    lastTakeover = state.lastTakeover();
    hold = state.hold();
    bid = state.bid();
    handover = state.handover();
    wish = state.wish();
    remembered = state.remembered();
    priority = state.priority();
    preempts = state.preempts();
    transitions = new ArrayList<>(state.transitions());
  }

  Outcome outcome() {
    check((role == Role.ACTIVE) == (hold != null), "the role is active exactly while it is held");
    check(hold == null || bid == null, "who holds the role does not bid for it");
    check(
        hold == null || (hold.phase() == Phase.HOLDING) == (hold.announcements() != null),
        "announcements belong to addresses that are held");
    var state =
        new RoleState(
            role,
            since,
            Collections.unmodifiableSortedMap(paths),
            Map.copyOf(links),
            Collections.unmodifiableSortedSet(faults),
            Map.copyOf(refused),
            maintenance,
            inSync,
            peerInSync,
            Collections.unmodifiableSortedMap(peers),
            steadySince,
            lastSign,
            lastTakeover,
            hold,
            bid,
            handover,
            wish,
            remembered,
            priority,
            preempts,
            List.copyOf(transitions));
    return new Outcome(state, List.copyOf(actions));
  }

  private static void check(boolean holds, String invariant) {
    if (!holds) {
      throw new IllegalStateException("broken: " + invariant);
    }
  }

  // The agent's life.

  void start(RoleEvent.Started started) {
    links.putAll(started.links());
    remembered = started.asked();
    maintenance = remembered.maintenance();
    String to = config.planned().handoverTo();
    wish = to == null || to.equals(remembered.handoverDone()) ? "" : to;
    for (Segment segment : config.segments()) {
      openPath(segment);
    }
    judgeLinks();
    lastSign = OptionalLong.empty();
    started.lastAdvertAgeNanos().ifPresent(age -> lastSign = OptionalLong.of(now - age));
    boolean adopts =
        started.holdsAddresses()
            && started.lastAdvertAgeNanos().orElse(Long.MAX_VALUE) < config.patienceNanos()
            && isWell()
            && !usable().isEmpty();
    if (adopts) {
      tenure.begin(Reason.ADOPTED, "");
      hold = Objects.requireNonNull(hold).withStays(remembered.stays());
      return;
    }
    if (started.holdsAddresses()) {
      actions.add(new RoleAction.WithdrawAddresses(config.virtualAddresses()));
    }
    Role rest = restingRole();
    become(rest, Reason.STARTED, rest == Role.FAULT ? faultText() : "");
  }

  void stop() {
    if (role == Role.INITIALIZE) {
      actions.add(new RoleAction.Finish());
      return;
    }
    if (!planned.beginStop()) {
      finishStop();
    }
  }

  /** Gives everything up at once. */
  void finishStop() {
    handover = null;
    if (hold != null) {
      tenure.end(true, null);
    }
    for (Segment segment : usable()) {
      actions.add(new RoleAction.StopPath(segment));
    }
    bid = null;
    become(Role.INITIALIZE, Reason.STOPPED, "");
    remember();
    actions.add(new RoleAction.Finish());
  }

  void reconfigured(RoleConfig before) {
    if (role == Role.INITIALIZE) {
      return;
    }
    for (Segment segment : before.segments()) {
      if (!config.segments().contains(segment) && closePath(segment)) {
        actions.add(new RoleAction.StopPath(segment));
      }
      if (!config.segments().contains(segment)) {
        paths.remove(segment);
      }
    }
    for (Segment segment : config.segments()) {
      if (!paths.containsKey(segment)) {
        openPath(segment);
      }
    }
    judgeLinks();
    planned.configured(before);
    refused.keySet().removeIf(network -> networks().noneMatch(network::equals));
    faults.removeIf(fault -> networks().noneMatch(fault.network()::equals));
    moveAddresses(before);
  }

  private void moveAddresses(RoleConfig before) {
    if (hold == null || hold.phase() == Phase.COMMITTING) {
      return;
    }
    var gone = new ArrayList<>(before.virtualAddresses());
    gone.removeAll(config.virtualAddresses());
    if (!gone.isEmpty()) {
      actions.add(new RoleAction.WithdrawAddresses(gone));
    }
    if (!before.virtualAddresses().containsAll(config.virtualAddresses())) {
      actions.add(new RoleAction.ClaimAddresses(hold.takeover(), config.virtualAddresses()));
    }
  }

  void stalled(long nanos) {
    steadySince += nanos;
    if (bid != null) {
      bid = bid.delayed(nanos);
    }
    if (handover != null) {
      handover = handover.delayed(nanos);
    }
    if (hold == null) {
      return;
    }
    if (nanos <= config.patienceNanos()) {
      hold = hold.withPhaseEndsAt(hold.phaseEndsAtNanos() + nanos);
      return;
    }
    actions.add(new RoleAction.Note(Sighting.STALLED, config.node(), nanos / MILLI + " ms"));
    if (hold.phase() == Phase.HOLDING) {
      // Somebody may have taken over meanwhile. The addresses stay, but nothing is said.
      hold = hold.withListeningUntil(OptionalLong.of(now + config.intervalNanos()));
      actions.add(new RoleAction.ListenFirst());
    } else {
      leave(Reason.STALLED, "", false, null);
    }
  }

  void maintenance(boolean on) {
    maintenance = on;
  }

  void barrierAnswered(String node) {
    planned.barrierAnswered(node);
  }

  void handoverAsked(RoleEvent.HandoverAsked asked) {
    planned.asked(asked);
  }

  // The kernel.

  void link(String network, Link link) {
    if (role == Role.INITIALIZE) {
      return;
    }
    links.put(network, link);
    for (Segment segment : config.segments()) {
      Path path = paths.get(segment);
      if (path == null || !segment.network().equals(network)) {
        continue;
      }
      IpAddress source = usableSource(segment);
      if (path.isUsable() && source == null) {
        closePath(segment);
        actions.add(new RoleAction.StopPath(segment));
      } else if (!path.isUsable() && source != null) {
        openPath(segment);
      } else {
        paths.put(segment, path.withSource(source));
      }
    }
    judgeLinks();
  }

  /** Starts a segment's virtual router if its interface can carry adverts. */
  private void openPath(Segment segment) {
    IpAddress source = usableSource(segment);
    Path before = paths.get(segment);
    boolean expects =
        config.self().isKnownOn(segment)
            || source != null
            || (before != null && before.expectsSource());
    paths.put(segment, new Path(source, expects, false, null));
    if (source == null) {
      return;
    }
    actions.add(new RoleAction.StartPath(segment));
    if (hold != null) {
      actions.add(new RoleAction.Elect(segment));
      tenure.announceAgain();
    }
  }

  /** True when the segment's virtual router was running. */
  private boolean closePath(Segment segment) {
    Path path = paths.get(segment);
    if (path == null) {
      return false;
    }
    paths.put(segment, path.withSource(null).forgotten());
    return path.isUsable();
  }

  private @Nullable IpAddress usableSource(Segment segment) {
    Link link = links.getOrDefault(segment.network(), Link.ABSENT);
    return link.present() && link.up() ? link.source(segment.family()) : null;
  }

  private void judgeLinks() {
    networks()
        .forEach(
            network -> {
              Link link = links.getOrDefault(network, Link.ABSENT);
              judge(new Fault(Fault.Kind.INTERFACE_MISSING, network), !link.present());
              judge(new Fault(Fault.Kind.LINK_DOWN, network), link.present() && !link.up());
              judge(
                  new Fault(Fault.Kind.OWN_ADDRESS_MISSING, network),
                  link.present() && link.up() && isSourceMissing(network));
            });
  }

  private boolean isSourceMissing(String network) {
    return paths.entrySet().stream()
        .filter(entry -> entry.getKey().network().equals(network))
        .anyMatch(entry -> entry.getValue().expectsSource() && !entry.getValue().isUsable());
  }

  private void judge(Fault fault, boolean present) {
    if (present) {
      faults.add(fault);
    } else {
      faults.remove(fault);
    }
  }

  private Stream<String> networks() {
    return config.segments().stream().map(Segment::network).distinct();
  }

  void fault(Fault fault, boolean present) {
    judge(fault, present);
  }

  // The end of the role.

  /** Leaves the role and goes to rest. */
  void leave(Reason reason, String detail, boolean resigns, @Nullable Segment already) {
    tenure.end(resigns, already);
    become(restingRole(), reason, detail);
  }

  private void become(Role next, Reason reason, String detail) {
    var transition = new Transition(now, role, next, reason, detail, OptionalLong.empty());
    role = next;
    since = now;
    steadySince = now;
    record(transition);
  }

  void record(Transition transition) {
    transitions.add(transition);
    if (transitions.size() > RoleState.TRANSITIONS_KEPT) {
      transitions.removeFirst();
    }
    actions.add(new RoleAction.Report(transition));
  }

  // The virtual routers.

  void activeHeard(Segment segment, IpAddress source, int advertised) {
    Heard heard = hear(segment, source, advertised);
    paths.computeIfPresent(segment, (_, path) -> path.withHeard(heard));
    if (bid != null && !isEchoOfResigner(bid, heard)) {
      bid = null;
    }
  }

  /** An advert that was on its way, on another segment, when its sender resigned. */
  private boolean isEchoOfResigner(Bid open, Heard heard) {
    return open.resigner() != null
        && heard.isSameRouter(open.resigner())
        && now - open.madeAtNanos() < config.intervalNanos();
  }

  void weakerHeard(Segment segment, IpAddress source, int advertised) {
    Heard heard = hear(segment, source, advertised);
    paths.computeIfPresent(segment, (_, path) -> path.withHeard(heard).withSilent(path.silent()));
  }

  private Heard hear(Segment segment, IpAddress source, int advertised) {
    lastSign = OptionalLong.of(now);
    String node = config.router(segment, source).map(Router::node).orElse("");
    Path path = paths.get(segment);
    Heard before = path == null ? null : path.heard();
    var heard = new Heard(source, node, advertised, now, now);
    return before != null && before.isSameRouter(heard)
        ? new Heard(source, node, advertised, before.sinceNanos(), now)
        : heard;
  }

  void activeDown(Segment segment) {
    paths.computeIfPresent(segment, (_, path) -> path.withSilent(true));
  }

  void activeResigned(Segment segment, IpAddress source) {
    if (hold != null) {
      return;
    }
    Heard resigner = hear(segment, source, 0);
    switch (config.speakers()) {
      case LISTED -> bidding.from(now, Reason.ACTIVE_RESIGNED, resigner);
      case ANY -> hastenOthers(segment, resigner);
    }
  }

  /**
   * Beside foreign speakers: a router that resigns on one segment has most likely gone from the
   * others too. If it has not, its next advert there puts things right.
   */
  private void hastenOthers(Segment segment, Heard resigner) {
    for (Segment other : usable()) {
      Heard heard = path(other).heard();
      boolean known = heard != null && !heard.node().isEmpty() && !resigner.node().isEmpty();
      if (other.equals(segment) || heard == null || (known && !heard.isSameRouter(resigner))) {
        continue;
      }
      actions.add(new RoleAction.Hasten(other, heard.atNanos()));
    }
  }

  void yielded(Segment segment, IpAddress source, int advertised) {
    if (hold == null) {
      return;
    }
    Reason reason = hold.isListening() ? Reason.STALLED : Reason.OUTRANKED;
    Heard heard = hear(segment, source, advertised);
    leave(reason, heard.who(), false, segment);
    paths.computeIfPresent(segment, (_, path) -> path.withHeard(heard));
  }

  void contested(Segment segment, IpAddress source) {
    // Right after a takeover it is the router before, with its last advert.
    if (now - since >= config.intervalNanos()) {
      actions.add(new RoleAction.Note(Sighting.SPLIT_BRAIN, source.toString(), segment.toString()));
    }
    tenure.announceAgain();
  }

  // The flow sync.

  void sync(boolean nowInSync) {
    if (nowInSync && !inSync) {
      steadySince = now;
    }
    inSync = nowInSync;
  }

  void peerSync(boolean nowInSync) {
    peerInSync = nowInSync;
  }

  void peerAlive(String node, boolean alive) {
    peers.put(node, peers.getOrDefault(node, Peer.UNKNOWN).withAlive(alive));
  }

  void peerReported(RoleEvent.PeerReported reported) {
    Peer before = peers.get(reported.node());
    peers.put(
        reported.node(),
        new Peer(
            true,
            reported.role(),
            reported.faults(),
            reported.inSync(),
            reported.successor(),
            reported.stays()));
    if (hold != null && planned.isGivenToStay()) {
      hold = hold.withStays(true);
    }
    Heard active = following();
    boolean released =
        before != null
            && before.role() == Role.ACTIVE
            && reported.role() != Role.ACTIVE
            && active != null
            && active.node().equals(reported.node());
    if (released && hold == null && config.speakers() == Speakers.LISTED) {
      bidding.from(now, Reason.ACTIVE_RESIGNED, Objects.requireNonNull(active));
    }
  }

  // Deadlines.

  void deadline() {
    refused.forEach(
        (network, refusal) -> {
          if (isDue(refusal.retryAtNanos())) {
            faults.remove(new Fault(Fault.Kind.ADDRESS_REFUSED, network));
          }
        });
    if (hold != null) {
      tenure.deadline(hold);
    } else if (bid != null && isDue(bid.atNanos())) {
      bidding.takeOver(bid);
    } else {
      OptionalLong preemptAt = bidding.preemptAt();
      if (preemptAt.isPresent() && isDue(preemptAt.getAsLong())) {
        Heard active = following();
        tenure.begin(Reason.PREEMPTED, active == null ? "" : active.who());
      }
    }
  }

  boolean isDue(long atNanos) {
    return atNanos - now <= 0;
  }

  OptionalLong deadlineNanos() {
    var times = new ArrayList<Long>();
    refused.forEach(
        (network, refusal) -> {
          if (faults.contains(new Fault(Fault.Kind.ADDRESS_REFUSED, network))) {
            times.add(refusal.retryAtNanos());
          }
        });
    if (hold != null) {
      times.addAll(Tenure.deadlines(hold));
    }
    if (bid != null) {
      times.add(bid.atNanos());
    }
    bidding.preemptAt().ifPresent(times::add);
    planned.deadlineNanos().ifPresent(times::add);
    return times.stream()
        .reduce((a, b) -> a - b <= 0 ? a : b)
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  String obstacles() {
    return planned.obstacles();
  }

  // What follows from all of it.

  /** Brings role, priority and bid in line with what is known now. */
  void settle() {
    if (role == Role.INITIALIZE) {
      return;
    }
    if (hold != null) {
      settleHold(hold);
    }
    planned.settle();
    if (role == Role.INITIALIZE) {
      return; // A stop that was waited for has come.
    }
    if (hold == null && role != restingRole()) {
      rest();
    }
    settlePriority();
    bidding.settle();
    remember();
  }

  private void settleHold(Hold held) {
    boolean better = !faults.isEmpty() && !held.reserve() && isAnybodyBetterOff();
    boolean foreign = isInMaintenance() && !held.reserve() && !planned.isLinked();
    if (better || foreign) {
      leave(faults.isEmpty() ? Reason.MAINTENANCE_ON : Reason.FAULT, faultText(), true, null);
      return;
    }
    boolean keepsForWantOfABetter = !isWell() && !(isInMaintenance() && planned.beginMaintenance());
    if (keepsForWantOfABetter && !held.reserve()) {
      hold = held.withReserve(true);
    } else if (isWell() && held.reserve()) {
      hold = held.withReserve(false);
      tenure.announceAgain();
    }
    if (hold != null && hold.alone() && peerInSync) {
      hold = hold.withAlone(false);
    }
  }

  private void rest() {
    Role next = restingRole();
    Reason reason =
        switch (next) {
          case MAINTENANCE -> Reason.MAINTENANCE_ON;
          case FAULT -> role == Role.MAINTENANCE ? Reason.MAINTENANCE_OFF : Reason.FAULT;
          default -> role == Role.MAINTENANCE ? Reason.MAINTENANCE_OFF : Reason.FAULT_CLEARED;
        };
    become(next, reason, next == Role.FAULT ? faultText() : "");
  }

  private Role restingRole() {
    if (isInMaintenance()) {
      return Role.MAINTENANCE;
    }
    return faults.isEmpty() ? Role.BACKUP : Role.FAULT;
  }

  private boolean isInMaintenance() {
    return maintenance || config.planned().maintenance();
  }

  boolean isWell() {
    return faults.isEmpty() && !isInMaintenance();
  }

  private String faultText() {
    return faults.stream().map(Fault::toString).collect(Collectors.joining(" "));
  }

  /** Without a link nothing is known of the others, and they are believed to be well. */
  private boolean isAnybodyBetterOff() {
    if (config.speakers() == Speakers.ANY || peers.values().stream().noneMatch(Peer::alive)) {
      return true;
    }
    return peers.values().stream()
        .anyMatch(
            peer ->
                peer.alive()
                    && peer.inSync()
                    && peer.role() != Role.MAINTENANCE
                    && peer.faults() < faults.size());
  }

  private void remember() {
    String to = config.planned().handoverTo();
    var asked =
        new Asked(
            maintenance, to == null || !wish.isEmpty() ? "" : to, hold != null && hold.stays());
    if (!asked.equals(remembered)) {
      remembered = asked;
      actions.add(new RoleAction.Remember(asked));
    }
  }

  private void settlePriority() {
    boolean lowest = hold == null ? !isWell() : hold.reserve() || (hold.alone() && !peerInSync);
    int next = lowest ? RoleMachine.RESERVE_PRIORITY : config.self().priority();
    if (next != priority) {
      priority = next;
      // Before anything else of this step: no advert may leave with the priority of before.
      actions.addFirst(new RoleAction.SetPriority(next));
    }
    boolean nextPreempts =
        config.speakers() == Speakers.ANY
            && (config.preempt() == Preempt.ALWAYS
                || (config.preempt() == Preempt.WHEN_IN_SYNC && inSync));
    if (nextPreempts != preempts) {
      preempts = nextPreempts;
      actions.add(new RoleAction.SetPreempts(nextPreempts));
    }
  }

  /** The active router that was heard last, on any segment. */
  @Nullable Heard following() {
    Optional<Heard> last =
        usable().stream()
            .map(segment -> Optional.ofNullable(path(segment).heard()))
            .flatMap(Optional::stream)
            .max(Comparator.comparingLong(heard -> heard.atNanos() - now));
    return last.orElse(null);
  }

  Path path(Segment segment) {
    return Objects.requireNonNull(paths.get(segment));
  }

  List<Segment> usable() {
    return paths.entrySet().stream()
        .filter(entry -> entry.getValue().isUsable())
        .map(Map.Entry::getKey)
        .toList();
  }
}
