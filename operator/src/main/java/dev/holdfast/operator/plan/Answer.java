package dev.holdfast.operator.plan;

/**
 * What came of a request for a handover.
 *
 * @param reason CamelCase
 */
public record Answer(State state, String reason, String message) {

  /** How far it is. */
  public enum State {
    /** The role has not moved yet. */
    ASKED,
    /** The role is where it was asked to be. */
    DONE,
    /** It will not be done. */
    REFUSED
  }
}
