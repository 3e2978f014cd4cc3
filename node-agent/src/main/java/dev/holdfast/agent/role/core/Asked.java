package dev.holdfast.agent.role.core;

/**
 * What was asked of this router and must outlive its agent.
 *
 * @param maintenance a person asked it to stay away
 * @param handoverDone the {@link Planned#handoverTo} that was fulfilled: it is not fulfilled again
 *     after that router has failed; empty for none
 * @param stays the role is here because it was given to this router by name
 */
public record Asked(boolean maintenance, String handoverDone, boolean stays) {
  public static final Asked NOTHING = new Asked(false, "", false);
}
