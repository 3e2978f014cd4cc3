package dev.holdfast.agent.role.core;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Who does not hold the role: the part of a step that finds out when it is free, or when a better
 * router takes it from the active one, and how long this router waits for those before it.
 */
final class Bidding {

  private static final long MILLI = 1_000_000L;

  /** How much later each next best router takes a free role. */
  private static final long STAGGER = 10 * MILLI;

  private final Turn turn;

  Bidding(Turn turn) {
    this.turn = turn;
  }

  /** Makes, moves or ends the bid. */
  void settle() {
    if (turn.hold != null
        || turn.usable().isEmpty()
        || (!turn.isWell() && turn.config.speakers() == Speakers.ANY)) {
      turn.bid = null;
      return;
    }
    if (turn.bid != null && turn.bid.reserve() == turn.isWell()) {
      from(turn.now, turn.bid.cause(), turn.bid.resigner());
      return;
    }
    if (turn.bid == null) {
      OptionalLong free = freeAt();
      if (free.isPresent()) {
        from(free.getAsLong(), Reason.ACTIVE_SILENT, null);
      }
    }
  }

  /**
   * Bids for the role, and takes it at once when nobody goes before this router.
   *
   * @param freeNanos since when, or from when on, nobody holds it
   * @param resigner who gave it up; null when it fell silent
   */
  void from(long freeNanos, Reason cause, @Nullable Heard resigner) {
    Heard gone = resigner != null ? resigner : turn.following();
    long wait = turn.isWell() ? 0 : turn.config.reserveNanos();
    if (turn.config.speakers() == Speakers.LISTED) {
      wait += STAGGER * routersBefore(gone);
    }
    turn.bid = new Bid(turn.now, freeNanos + wait, cause, !turn.isWell(), resigner);
    if (turn.isDue(turn.bid.atNanos())) {
      takeOver(turn.bid);
    }
  }

  private int routersBefore(@Nullable Heard gone) {
    if (gone == null) {
      return turn.config.routersBefore("");
    }
    Peer peer = turn.peers.get(gone.node());
    String successor = peer == null ? "" : peer.successor();
    if (successor.equals(turn.config.node())) {
      return 0;
    }
    if (!successor.isEmpty()) {
      return turn.config.routersBefore(gone.node()) + 1;
    }
    return turn.config.routersBefore(gone.node().isEmpty() ? null : gone.node());
  }

  void takeOver(Bid won) {
    Heard gone = won.resigner() != null ? won.resigner() : turn.following();
    Peer peer = gone == null ? null : turn.peers.get(gone.node());
    boolean asked = peer != null && peer.successor().equals(turn.config.node());
    turn.tenure.begin(
        asked ? Reason.HANDOVER : won.cause(), gone == null ? "nobody was heard" : gone.who());
  }

  /** When the role is free by silence; empty while there is a sign of life. */
  private OptionalLong freeAt() {
    Heard active = turn.following();
    Peer peer = active == null ? null : turn.peers.get(active.node());
    if (peer != null && peer.alive() && peer.role() == Role.ACTIVE) {
      return OptionalLong.empty();
    }
    List<Path> open = turn.usable().stream().map(turn::path).toList();
    if (open.stream().allMatch(Path::silent)) {
      return OptionalLong.of(turn.now);
    }
    if (peer == null || peer.alive() || turn.config.speakers() == Speakers.ANY) {
      return OptionalLong.empty();
    }
    // The link to the active router is silent too: one missed advert everywhere is enough.
    long free = turn.now;
    for (Path path : open) {
      if (path.silent()) {
        continue;
      }
      if (path.heard() == null) {
        return OptionalLong.empty();
      }
      long missed = path.heard().atNanos() + RoleConfig.missedNanos(turn.config.intervalNanos());
      free = missed - free > 0 ? missed : free;
    }
    return OptionalLong.of(free);
  }

  /**
   * When this router, the better one, takes the role from the active one. Only among listed
   * routers: beside foreign speakers the virtual routers do it by VRRP's own rule.
   */
  OptionalLong preemptAt() {
    Heard active = turn.following();
    if (turn.hold != null
        || turn.bid != null
        || turn.role != Role.BACKUP
        || turn.config.speakers() == Speakers.ANY
        || active == null
        || active.priority() == 0
        || active.priority() >= turn.config.self().priority()) {
      return OptionalLong.empty();
    }
    List<Path> open = turn.usable().stream().map(turn::path).toList();
    boolean heardEverywhere = open.stream().allMatch(p -> p.heard() != null && !p.silent());
    boolean activeIsUnwell = active.priority() == RoleMachine.RESERVE_PRIORITY;
    Peer peer = turn.peers.get(active.node());
    if (peer != null && !activeIsUnwell && (peer.stays() || !peer.successor().isEmpty())) {
      return OptionalLong.empty();
    }
    boolean may =
        switch (turn.config.preempt()) {
          case ALWAYS -> true;
          case WHEN_IN_SYNC -> turn.inSync && (heardEverywhere || activeIsUnwell);
          case NEVER -> activeIsUnwell;
        };
    if (!may) {
      return OptionalLong.empty();
    }
    long heardSince = active.sinceNanos();
    long from = heardSince - turn.steadySince > 0 ? heardSince : turn.steadySince;
    return OptionalLong.of(from + turn.config.stableNanos());
  }
}
