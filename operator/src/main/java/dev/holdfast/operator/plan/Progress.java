package dev.holdfast.operator.plan;

/**
 * How far the routers are from what is wanted of them.
 *
 * @param reason CamelCase
 */
public record Progress(State state, String reason, String message) {

  /** Where a change stands. */
  public enum State {
    /** Every router has what it shall have. */
    DONE,
    /** A change is on its way. */
    MOVING,
    /** It does not go on by itself: somebody should look. */
    HALTED
  }

  static final Progress DONE =
      new Progress(State.DONE, "UpToDate", "every router has the current pod and policy");

  static Progress moving(String reason, String message) {
    return new Progress(State.MOVING, reason, message);
  }

  static Progress halted(String reason, String message) {
    return new Progress(State.HALTED, reason, message);
  }

  /** The one that a person should hear of first. */
  Progress or(Progress other) {
    return other.state().compareTo(state) > 0 ? other : this;
  }
}
