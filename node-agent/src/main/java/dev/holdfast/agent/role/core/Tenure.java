package dev.holdfast.agent.role.core;

import dev.holdfast.agent.role.core.Hold.Phase;
import dev.holdfast.agent.role.core.RoleState.Refusal;
import dev.holdfast.api.addr.IpAddress;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Who holds the role: the part of a step that takes it over in order (advertise, flows, addresses,
 * announcements, report), keeps the addresses and gives everything up.
 */
final class Tenure {

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;
  private static final long RENEW_EVERY = SECOND;
  private static final long SHORTEST_RENEWAL = 100 * MILLI;
  private static final long CLAIM_AGAIN_AFTER = SECOND;
  private static final long REFUSAL_FIRST_WAIT = 10 * SECOND;
  private static final long REFUSAL_LONGEST_WAIT = 3600 * SECOND;

  private final Turn turn;

  Tenure(Turn turn) {
    this.turn = turn;
  }

  void addressLost(String network, IpAddress address) {
    if (!isHolding() || !isVirtual(network, address)) {
      return;
    }
    turn.actions.add(new RoleAction.Note(Sighting.ADDRESS_REMOVED, address.toString(), network));
    long allowed =
        Objects.requireNonNull(turn.hold).renewAtNanos() - RENEW_EVERY + SHORTEST_RENEWAL;
    if (turn.isDue(allowed)) {
      renew();
      announceAt(turn.now);
    } else {
      turn.hold = turn.hold.withRenewAt(allowed);
      announceAt(allowed);
    }
  }

  void addressClaimSeen(RoleEvent.AddressClaimSeen seen) {
    Link link = turn.links.getOrDefault(seen.network(), Link.ABSENT);
    if (!isHolding()
        || !isVirtual(seen.network(), seen.address())
        || seen.mac().equals(link.mac())) {
      return;
    }
    turn.actions.add(
        new RoleAction.Note(
            Sighting.ADDRESS_CONFLICT, seen.address().toString(), "claimed by " + seen.mac()));
    announceAt(turn.now);
  }

  private boolean isVirtual(String network, IpAddress address) {
    return turn.config.virtualAddresses().stream()
        .anyMatch(
            virtual ->
                virtual.network().equals(network) && virtual.prefix().address().equals(address));
  }

  /** True while the addresses are held and may be spoken for. */
  boolean isHolding() {
    return turn.hold != null && turn.hold.phase() == Phase.HOLDING && !turn.hold.isListening();
  }

  void begin(Reason reason, String detail) {
    turn.lastTakeover++;
    for (Segment segment : turn.usable()) {
      turn.actions.add(new RoleAction.Elect(segment));
    }
    turn.actions.add(new RoleAction.CommitFlows(turn.lastTakeover, turn.config.commitNanos()));
    turn.hold =
        new Hold(
            turn.lastTakeover,
            Phase.COMMITTING,
            turn.now + turn.config.commitNanos(),
            !turn.isWell(),
            turn.lastSign.isEmpty(),
            turn.planned.isGivenToStay(),
            null,
            turn.now,
            OptionalLong.empty(),
            new Transition(turn.now, turn.role, Role.ACTIVE, reason, detail, OptionalLong.empty()));
    turn.bid = null;
    turn.role = Role.ACTIVE;
    turn.since = turn.now;
  }

  void flowsCommitted(long takeover) {
    if (turn.hold != null
        && turn.hold.takeover() == takeover
        && turn.hold.phase() == Phase.COMMITTING) {
      claim(turn.hold);
    }
  }

  void claim(Hold held) {
    turn.actions.add(
        new RoleAction.ClaimAddresses(held.takeover(), turn.config.virtualAddresses()));
    turn.hold = held.claiming(turn.now + CLAIM_AGAIN_AFTER, turn.now + RENEW_EVERY);
  }

  void addressesClaimed(long takeover) {
    if (turn.hold == null || turn.hold.takeover() != takeover) {
      return;
    }
    switch (turn.hold.phase()) {
      case COMMITTING -> {}
      case CLAIMING -> {
        turn.refused.clear();
        turn.hold = turn.hold.holding(Announcements.from(turn.now));
        announce();
        reportTakeover();
      }
      case HOLDING -> announceAgain();
    }
  }

  private void reportTakeover() {
    Hold held = Objects.requireNonNull(turn.hold);
    Transition pending = held.pending();
    if (pending == null) {
      return;
    }
    OptionalLong gapMillis =
        turn.lastSign.isPresent()
            ? OptionalLong.of((turn.now - turn.lastSign.getAsLong()) / MILLI)
            : OptionalLong.empty();
    turn.hold = held.reported();
    turn.record(
        new Transition(
            pending.atNanos(),
            pending.from(),
            pending.to(),
            pending.reason(),
            pending.detail(),
            gapMillis));
  }

  void addressRefused(RoleEvent.AddressRefused event) {
    if (turn.hold == null) {
      return;
    }
    Refusal before = turn.refused.get(event.network());
    long wait =
        before == null
            ? REFUSAL_FIRST_WAIT
            : Math.min(2 * before.waitNanos(), REFUSAL_LONGEST_WAIT);
    turn.refused.put(event.network(), new Refusal(turn.now + wait, wait));
    turn.faults.add(new Fault(Fault.Kind.ADDRESS_REFUSED, event.network()));
  }

  private void renew() {
    turn.actions.add(new RoleAction.RenewAddresses(turn.config.virtualAddresses()));
    turn.hold = Objects.requireNonNull(turn.hold).withRenewAt(turn.now + RENEW_EVERY);
  }

  private void announce() {
    Hold held = Objects.requireNonNull(turn.hold);
    turn.actions.add(new RoleAction.Announce(turn.config.virtualAddresses()));
    turn.hold = held.withAnnouncements(Objects.requireNonNull(held.announcements()).made(turn.now));
  }

  /** One announcement at a time, or as soon after it as allowed. */
  private void announceAt(long atNanos) {
    if (isHolding()) {
      plan(
          Objects.requireNonNull(Objects.requireNonNull(turn.hold).announcements())
              .hurried(atNanos));
    }
  }

  /** The whole series of announcements from its start. */
  void announceAgain() {
    if (isHolding()) {
      plan(
          Objects.requireNonNull(Objects.requireNonNull(turn.hold).announcements())
              .restarted(turn.now));
    }
  }

  private void plan(Announcements announcements) {
    turn.hold = Objects.requireNonNull(turn.hold).withAnnouncements(announcements);
    if (announcements.nextAtNanos() - turn.now <= 0) {
      announce();
    }
  }

  /** Gives up everything that belongs to the role, without a new role yet. */
  void end(boolean resigns, @Nullable Segment already) {
    Hold held = Objects.requireNonNull(turn.hold);
    for (Segment segment : turn.usable()) {
      if (!segment.equals(already)) {
        turn.actions.add(new RoleAction.Depose(segment, resigns));
      }
      // Who was active before us says nothing of who is now.
      turn.paths.computeIfPresent(segment, (_, path) -> path.forgotten());
    }
    turn.actions.add(new RoleAction.WithdrawAddresses(turn.config.virtualAddresses()));
    if (held.pending() != null) {
      turn.record(held.pending());
    }
    turn.hold = null;
    turn.lastSign = OptionalLong.of(turn.now);
  }

  void deadline(Hold held) {
    if (held.isListening()) {
      if (turn.isDue(held.listeningUntilNanos().getAsLong())) {
        // Nobody was heard: the role is still ours. The addresses may have lapsed meanwhile.
        claim(held.withListeningUntil(OptionalLong.empty()));
      }
      return;
    }
    switch (held.phase()) {
      case COMMITTING -> {
        if (turn.isDue(held.phaseEndsAtNanos())) {
          turn.actions.add(new RoleAction.Note(Sighting.COMMIT_LATE, turn.config.node(), ""));
          claim(held);
        }
      }
      case CLAIMING -> {
        if (turn.isDue(held.phaseEndsAtNanos())) {
          claim(held);
        }
      }
      case HOLDING -> {
        if (turn.isDue(held.renewAtNanos())) {
          renew();
        }
        if (turn.isDue(Objects.requireNonNull(held.announcements()).nextAtNanos())) {
          announce();
        }
      }
    }
  }

  static List<Long> deadlines(Hold held) {
    if (held.isListening()) {
      return List.of(held.listeningUntilNanos().getAsLong());
    }
    return switch (held.phase()) {
      case COMMITTING, CLAIMING -> List.of(held.phaseEndsAtNanos());
      case HOLDING ->
          List.of(held.renewAtNanos(), Objects.requireNonNull(held.announcements()).nextAtNanos());
    };
  }
}
