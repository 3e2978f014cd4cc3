package dev.holdfast.agent.role.core;

/**
 * The role is being given away, as planned.
 *
 * @param cause what for
 * @param to the router that shall have it; empty: the best that may
 * @param stays it shall keep it, whoever is better
 * @param request whom to answer, see {@link RoleEvent.HandoverAsked}; 0 for nobody
 * @param phase how far it is
 * @param successor who takes it; empty while {@link Phase#WAITING}
 * @param untilNanos when the phase ends, at the latest
 */
public record Handover(
    Cause cause,
    String to,
    boolean stays,
    long request,
    Phase phase,
    String successor,
    long untilNanos) {

  /** What for. */
  public enum Cause {
    /** Somebody asked for it. */
    REQUEST,
    /** The configuration names a router. */
    CONFIGURED,
    MAINTENANCE,
    /** The agent ends. */
    STOP
  }

  /** How far it is. */
  public enum Phase {
    /** For a peer that may take the role and holds every flow. */
    WAITING,
    /** The peers are told who is next. */
    TOLD,
    /** The successor's kernel takes in all that it was told; then the role is given up. */
    DRAINING,
    /** It was given up; somebody must be active now. */
    GIVEN
  }

  Handover told(String who, long atNanos) {
    return new Handover(cause, to, stays, request, Phase.TOLD, who, atNanos);
  }

  Handover draining(long untilNanos) {
    return new Handover(cause, to, stays, request, Phase.DRAINING, successor, untilNanos);
  }

  Handover waiting(long untilNanos) {
    return new Handover(cause, to, stays, request, Phase.WAITING, "", untilNanos);
  }

  Handover given(long untilNanos) {
    return new Handover(cause, to, stays, request, Phase.GIVEN, successor, untilNanos);
  }

  Handover delayed(long nanos) {
    return new Handover(cause, to, stays, request, phase, successor, untilNanos + nanos);
  }
}
