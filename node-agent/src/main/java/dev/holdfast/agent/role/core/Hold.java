package dev.holdfast.agent.role.core;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The role in our hands.
 *
 * @param takeover names this takeover; answers to another one do not count
 * @param phaseEndsAtNanos when the phase goes on without its answer; meaningless when {@link
 *     Phase#HOLDING}
 * @param reserve this router is not well and holds the role only for want of a better one
 * @param alone it was taken without a table of another router, nobody having been heard
 * @param stays it was given to this router by name: no better one takes it
 * @param announcements null before the addresses are held
 * @param renewAtNanos when the addresses' lifetime is renewed
 * @param listeningUntilNanos after a long stall, until when nothing is sent; else empty
 * @param pending the change of role to report once the addresses are announced; null afterwards
 */
public record Hold(
    long takeover,
    Phase phase,
    long phaseEndsAtNanos,
    boolean reserve,
    boolean alone,
    boolean stays,
    @Nullable Announcements announcements,
    long renewAtNanos,
    OptionalLong listeningUntilNanos,
    @Nullable Transition pending) {

  /** How far the takeover is. */
  public enum Phase {
    /** Adverts are sent; waiting for the flows. */
    COMMITTING,
    /** Waiting for the kernel to have the addresses. */
    CLAIMING,
    /** Done. */
    HOLDING
  }

  boolean isListening() {
    return listeningUntilNanos.isPresent();
  }

  /** Waiting for the kernel to have the addresses. */
  Hold claiming(long againAtNanos, long renewAtNanos) {
    return new Hold(
        takeover,
        Phase.CLAIMING,
        againAtNanos,
        reserve,
        alone,
        stays,
        null,
        renewAtNanos,
        listeningUntilNanos,
        pending);
  }

  /** The addresses are there. */
  Hold holding(Announcements announcements) {
    return new Hold(
        takeover,
        Phase.HOLDING,
        phaseEndsAtNanos,
        reserve,
        alone,
        stays,
        announcements,
        renewAtNanos,
        listeningUntilNanos,
        pending);
  }

  Hold withPhaseEndsAt(long phaseEndsAtNanos) {
    return new Hold(
        takeover,
        phase,
        phaseEndsAtNanos,
        reserve,
        alone,
        stays,
        announcements,
        renewAtNanos,
        listeningUntilNanos,
        pending);
  }

  Hold withReserve(boolean reserve) {
    return new Hold(
        takeover,
        phase,
        phaseEndsAtNanos,
        reserve,
        alone,
        stays,
        announcements,
        renewAtNanos,
        listeningUntilNanos,
        pending);
  }

  Hold withAlone(boolean alone) {
    return new Hold(
        takeover,
        phase,
        phaseEndsAtNanos,
        reserve,
        alone,
        stays,
        announcements,
        renewAtNanos,
        listeningUntilNanos,
        pending);
  }

  Hold withStays(boolean stays) {
    return new Hold(
        takeover,
        phase,
        phaseEndsAtNanos,
        reserve,
        alone,
        stays,
        announcements,
        renewAtNanos,
        listeningUntilNanos,
        pending);
  }

  Hold withAnnouncements(Announcements announcements) {
    return new Hold(
        takeover,
        phase,
        phaseEndsAtNanos,
        reserve,
        alone,
        stays,
        announcements,
        renewAtNanos,
        listeningUntilNanos,
        pending);
  }

  Hold withRenewAt(long renewAtNanos) {
    return new Hold(
        takeover,
        phase,
        phaseEndsAtNanos,
        reserve,
        alone,
        stays,
        announcements,
        renewAtNanos,
        listeningUntilNanos,
        pending);
  }

  Hold withListeningUntil(OptionalLong listeningUntilNanos) {
    return new Hold(
        takeover,
        phase,
        phaseEndsAtNanos,
        reserve,
        alone,
        stays,
        announcements,
        renewAtNanos,
        listeningUntilNanos,
        pending);
  }

  /** The change of role has been told. */
  Hold reported() {
    return new Hold(
        takeover,
        phase,
        phaseEndsAtNanos,
        reserve,
        alone,
        stays,
        announcements,
        renewAtNanos,
        listeningUntilNanos,
        null);
  }
}
