package dev.holdfast.agent.role.core;

import dev.holdfast.agent.role.core.Handover.Cause;
import dev.holdfast.agent.role.core.Handover.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Handovers: the part of a step in which the role is given away as planned.
 *
 * <pre>
 * | phase    | event                                   | actions                     | next        |
 * |----------|-----------------------------------------|-----------------------------|-------------|
 * |          | asked, stopped, maintenance, configured |                             | WAITING     |
 * | WAITING  | a peer may take it and is in sync       | (the link tells who is next)| TOLD, 20 ms |
 * | WAITING  | time is up or nobody may, for a stop    | priority 0                  | ended       |
 * | WAITING  | time is up, otherwise                   | answer: refused             |             |
 * | TOLD     | time is up                              | AskBarrier                  | DRAINING    |
 * | DRAINING | BarrierAnswered, or its time up         | priority 0                  | GIVEN       |
 * | both     | the peer may not take it any more       |                             | WAITING     |
 * | GIVEN    | another router is active                | answer: done, or failed     |             |
 * | GIVEN    | time is up                              | answer: failed              |             |
 * </pre>
 *
 * <p>What can wait (a request, the configuration, maintenance) never goes to a router that does not
 * hold the flows. A stop cannot wait longer than {@link Planned#withinNanos}. The barrier waits for
 * an advert interval, 100 ms at most: by then the peer, which is heard, has all but the last flows.
 *
 * <p>The peers learn over the link who is next, since a third router of higher priority would go
 * first; and whether the role stays there, since a better one would take it back.
 */
final class PlannedChange {
  /** Two heartbeats: all peers know who is next when the role is free. */
  private static final long TELL = 20_000_000L;

  private static final long DRAIN_MAX = 100_000_000L;

  private final Turn turn;

  PlannedChange(Turn turn) {
    this.turn = turn;
  }

  // Requests.

  void asked(RoleEvent.HandoverAsked asked) {
    Hold held = turn.hold;
    if (held == null) {
      answer(asked.request(), false, me() + " is not active");
    } else if (turn.config.speakers() == Speakers.ANY) {
      answer(
          asked.request(),
          false,
          "vrrp.speakers is Any: beside foreign speakers only VRRP's own rules move the role");
    } else if (turn.handover != null) {
      answer(asked.request(), false, "another handover is under way");
    } else if (asked.isAuto()) {
      auto(held, asked.request());
    } else if (asked.to().equals(me())) {
      turn.hold = held.withStays(true);
      answer(asked.request(), true, me() + " is active and keeps the role");
    } else {
      give(asked.to(), asked.request());
    }
  }

  private void give(String to, long request) {
    String why = to.isEmpty() ? nobodyMay() : obstacle(to);
    if (why == null) {
      begin(Cause.REQUEST, to, !to.isEmpty(), request);
    } else {
      answer(request, false, why);
    }
  }

  /** The role goes to the best router again, and may be taken by a better one. */
  void auto(Hold held, long request) {
    turn.hold = held.withStays(false);
    Optional<String> better = best().filter(turn.config::isBetter);
    if (better.isPresent()) {
      begin(Cause.REQUEST, better.get(), false, request);
    } else {
      answer(request, true, me() + " keeps the role: it is the best router that may have it");
    }
  }

  private void begin(Cause cause, String to, boolean stays, long request) {
    turn.handover =
        new Handover(
            cause,
            to,
            stays,
            request,
            Phase.WAITING,
            "",
            turn.now + turn.config.planned().withinNanos());
  }

  /** The agent ends. True when the role is given away first. */
  boolean beginStop() {
    Handover before = turn.handover;
    boolean asksAgain = before != null && before.cause() == Cause.STOP;
    if (turn.hold == null || asksAgain || !isLinked() || nobodyMay() != null) {
      return false;
    }
    if (before != null) {
      answer(before.request(), false, me() + " was stopped");
    }
    begin(Cause.STOP, "", false, 0);
    return true;
  }

  /** In maintenance, without a fault. True when the role leaves this router now or soon. */
  boolean beginMaintenance() {
    if (turn.handover != null) {
      return true;
    }
    if (best().isEmpty()) {
      return false;
    }
    begin(Cause.MAINTENANCE, "", false, 0);
    return true;
  }

  boolean isLinked() {
    return turn.config.planned().linked() && turn.config.speakers() == Speakers.LISTED;
  }

  /** The configuration has changed. */
  void configured(RoleConfig before) {
    String to = turn.config.planned().handoverTo();
    if (Objects.equals(to, before.planned().handoverTo())) {
      return;
    }
    turn.wish = to == null ? "" : to;
    if (to == null && turn.hold != null && turn.hold.stays() && turn.handover == null) {
      auto(turn.hold, 0);
    }
  }

  /** A wish of the configuration is fulfilled once: afterwards that router may fail. */
  private void settleWish() {
    String wish = turn.wish;
    Hold held = turn.hold;
    if (wish.isEmpty()) {
      return;
    }
    if (held != null && wish.equals(me())) {
      turn.hold = held.withStays(true);
      turn.wish = "";
    } else if (held != null && turn.handover == null && isReady(wish)) {
      begin(Cause.CONFIGURED, wish, true, 0);
    } else if (held == null && isActive(wish)) {
      turn.wish = "";
    }
  }

  // Step by step.

  void settle() {
    settleWish();
    Handover handover = turn.handover;
    if (handover == null) {
      return;
    }
    switch (handover.phase()) {
      case WAITING -> waiting(handover);
      case TOLD -> told(handover);
      case DRAINING -> draining(handover);
      case GIVEN -> given(handover);
    }
  }

  private void waiting(Handover handover) {
    if (lostTheRole(handover)) {
      return;
    }
    Optional<String> successor =
        handover.to().isEmpty() ? best() : Optional.of(handover.to()).filter(this::isReady);
    if (successor.isPresent()) {
      turn.handover = handover.told(successor.get(), turn.now + TELL);
    } else if (handover.cause() == Cause.STOP
        && (turn.isDue(handover.untilNanos()) || nobodyMay() != null)) {
      turn.handover = null;
      turn.finishStop();
    } else if (turn.isDue(handover.untilNanos())) {
      turn.handover = null;
      answer(handover.request(), false, notReady(handover.to()));
    }
  }

  private void told(Handover handover) {
    if (lostTheRole(handover)) {
      return;
    }
    if (!isReady(handover.successor())) {
      waitAgain(handover);
    } else if (turn.isDue(handover.untilNanos())) {
      turn.handover =
          handover.draining(turn.now + Math.min(turn.config.intervalNanos(), DRAIN_MAX));
      turn.actions.add(new RoleAction.AskBarrier(handover.successor()));
    }
  }

  private void draining(Handover handover) {
    if (lostTheRole(handover)) {
      return;
    }
    if (!isReady(handover.successor())) {
      waitAgain(handover);
    } else if (turn.isDue(handover.untilNanos())) {
      giveUp(handover);
    }
  }

  private void waitAgain(Handover handover) {
    turn.handover = handover.waiting(turn.now + turn.config.planned().withinNanos());
    waiting(turn.handover);
  }

  /** The peer's kernel holds what it was told before it was asked. */
  void barrierAnswered(String node) {
    Handover handover = turn.handover;
    if (handover != null
        && handover.phase() == Phase.DRAINING
        && handover.successor().equals(node)) {
      turn.handover = handover.draining(turn.now);
    }
  }

  private void giveUp(Handover handover) {
    if (handover.cause() == Cause.STOP) {
      turn.handover = null;
      turn.finishStop();
      return;
    }
    turn.handover = handover.given(turn.now + turn.config.planned().withinNanos());
    Reason reason =
        handover.cause() == Cause.MAINTENANCE ? Reason.MAINTENANCE_ON : Reason.HANDED_OVER;
    turn.leave(reason, handover.successor(), true, null);
  }

  /** The role went another way meanwhile: a fault, a better router. */
  private boolean lostTheRole(Handover handover) {
    if (turn.hold != null) {
      return false;
    }
    if (handover.cause() == Cause.STOP) {
      turn.handover = null;
      turn.finishStop();
    } else {
      turn.handover = handover.given(turn.now + turn.config.planned().withinNanos());
    }
    return true;
  }

  private void given(Handover handover) {
    if (turn.hold != null) {
      end(handover, false, handover.successor() + " did not take the role: it is here again");
      return;
    }
    String active = activeNow();
    if (active != null) {
      boolean asAsked = handover.to().isEmpty() || handover.to().equals(active);
      end(handover, asAsked, active + " is active");
    } else if (turn.isDue(handover.untilNanos())) {
      end(handover, false, "the role was given up, and nobody is heard to be active");
    }
  }

  private void end(Handover handover, boolean done, String sentence) {
    turn.handover = null;
    answer(handover.request(), done, sentence);
  }

  private void answer(long request, boolean done, String sentence) {
    if (request != 0) {
      turn.actions.add(new RoleAction.AnswerHandover(request, done, sentence));
    }
  }

  OptionalLong deadlineNanos() {
    Handover handover = turn.handover;
    return handover == null ? OptionalLong.empty() : OptionalLong.of(handover.untilNanos());
  }

  // Who may.

  private String me() {
    return turn.config.node();
  }

  /** True when a peer's word says that the role comes to this router and stays here. */
  boolean isGivenToStay() {
    return turn.peers.values().stream()
        .anyMatch(peer -> peer.stays() && peer.successor().equals(me()));
  }

  /** What keeps a router from taking the role, the flows aside; null when nothing does. */
  private @Nullable String obstacle(String node) {
    Peer peer = turn.peers.get(node);
    if (turn.config.routers().stream().noneMatch(router -> router.node().equals(node))) {
      return node
          + " is not a router of this cluster; it has "
          + turn.config.routers().stream().map(Router::node).collect(Collectors.joining(", "));
    }
    if (peer == null || !peer.alive()) {
      return node + " is not heard over the link";
    }
    if (peer.faults() > turn.faults.size()) {
      return node + " has faults: see its status";
    }
    return switch (peer.role()) {
      case BACKUP, FAULT, ACTIVE -> null;
      case MAINTENANCE -> node + " is in maintenance";
      case INITIALIZE -> node + " has not started yet, or is stopping";
    };
  }

  private boolean isReady(String node) {
    Peer peer = turn.peers.get(node);
    return peer != null && peer.inSync() && obstacle(node) == null;
  }

  private String notReady(String to) {
    if (to.isEmpty()) {
      String why = nobodyMay();
      return why != null ? why : "no other router holds every flow of " + me() + " yet";
    }
    String why = obstacle(to);
    return why != null ? why : to + " does not hold every flow of " + me() + " yet";
  }

  /** Why no peer may take the role now; empty when one may. */
  String obstacles() {
    return best().isPresent() ? "" : notReady("");
  }

  /** Null when some peer may take the role once it holds the flows; else why none may. */
  private @Nullable String nobodyMay() {
    var reasons = new ArrayList<String>();
    for (Router router : turn.config.routers()) {
      if (!router.node().equals(me())) {
        String why = obstacle(router.node());
        if (why == null) {
          return null;
        }
        reasons.add(why);
      }
    }
    return String.join("; ", reasons);
  }

  /** The best peer that is in sync. */
  private Optional<String> best() {
    return turn.config.routers().stream()
        .filter(router -> isReady(router.node()))
        .min(
            Comparator.<Router>comparingInt(r -> Objects.requireNonNull(peer(r)).faults())
                .thenComparing(Comparator.comparingInt(Router::priority).reversed()))
        .map(Router::node);
  }

  private @Nullable Peer peer(Router router) {
    return turn.peers.get(router.node());
  }

  private boolean isActive(String node) {
    Peer peer = turn.peers.get(node);
    return peer != null && peer.alive() && peer.role() == Role.ACTIVE;
  }

  /** Whoever is active since this router gave the role up. */
  private @Nullable String activeNow() {
    Optional<String> told = turn.peers.keySet().stream().filter(this::isActive).findFirst();
    if (told.isPresent()) {
      return told.get();
    }
    Heard heard = turn.following();
    return heard != null
            && heard.priority() > 0
            && heard.atNanos() - turn.since > 0
            && !heard.node().isEmpty()
        ? heard.node()
        : null;
  }
}
