package dev.holdfast.agent.firewall.core;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether a new policy may stay: everyone who was heard in the five seconds before it must be heard
 * again within its time, or the policy before comes back. All times: nanoseconds on a clock that
 * counts on while the machine sleeps; compared by difference.
 *
 * <pre>
 *   state       event                                          next
 *   confirmed   applied, somebody was heard before             on trial
 *   confirmed   applied, nobody was heard before               confirmed
 *   on trial    everyone missing was heard since               confirmed
 *   on trial    deadline, somebody is still missing            the policy before, refused for good
 *   on trial    another policy applied                         on trial, for all of both trials
 *   on trial    the policy before applied again                confirmed
 *   on trial    somebody left in order                         on trial without him
 *   on trial    agent started again, same boot                 on trial, at least until heard anew
 *   on trial    agent started again, machine booted meanwhile  on trial, with its whole time
 * </pre>
 *
 * <p>Heard means: something arrived that the new policy let through. What was on its way when the
 * policy came does not count, hence the pause. A packet of an established flow passes every policy:
 * who says that the API was heard must mean a connection that was opened since.
 */
public final class ConfirmMachine {

  /** Who was heard within this time before a policy is missed when silent after it. */
  public static final long HEARD_BEFORE_NANOS = 5_000_000_000L;

  /** What is heard within this time after a policy may have come through the one before. */
  public static final long SETTLE_NANOS = 1_000_000_000L;

  /** An agent that comes back late listens at least this long before it judges. */
  public static final long LISTEN_NANOS = 10_000_000_000L;

  private ConfirmMachine() {}

  /**
   * A policy on trial.
   *
   * @param mark the policy
   * @param heardFromNanos what was heard since then counts
   * @param deadlineNanos when it must be confirmed
   * @param confirmNanos how long it was given
   * @param missing who has not been heard again
   */
  public record Trial(
      PolicyMark mark,
      long heardFromNanos,
      long deadlineNanos,
      long confirmNanos,
      Set<String> missing) {
    public Trial {
      missing = Set.copyOf(missing);
    }

    /** True when nobody is missed any more. */
    public boolean isConfirmed() {
      return missing.isEmpty();
    }

    /** True when the time is over and somebody is missed. */
    public boolean isFailed(long nowNanos) {
      return !missing.isEmpty() && nowNanos - deadlineNanos >= 0;
    }
  }

  /**
   * Begins a trial.
   *
   * @param heardAtNanos who was heard last when, at the time when the policy was about to be
   *     applied
   * @param alreadyMissing who is missed since a trial that this one takes the place of
   * @param appliedAtNanos when it was applied
   */
  public static Trial begin(
      PolicyMark mark,
      Map<String, Long> heardAtNanos,
      Set<String> alreadyMissing,
      long beforeNanos,
      long appliedAtNanos,
      long confirmNanos) {
    TreeSet<String> missing = new TreeSet<>(alreadyMissing);
    heardAtNanos.forEach(
        (who, at) -> {
          if (beforeNanos - at <= HEARD_BEFORE_NANOS) {
            missing.add(who);
          }
        });
    return new Trial(
        mark,
        appliedAtNanos + SETTLE_NANOS,
        appliedAtNanos + confirmNanos,
        confirmNanos,
        confirmNanos > 0 ? missing : Set.of());
  }

  /** The trial after some were heard. */
  public static Trial heard(Trial trial, Map<String, Long> heardAtNanos) {
    TreeSet<String> missing = new TreeSet<>(trial.missing());
    missing.removeIf(
        who -> {
          Long at = heardAtNanos.get(who);
          return at != null && at - trial.heardFromNanos() >= 0;
        });
    return new Trial(
        trial.mark(), trial.heardFromNanos(), trial.deadlineNanos(), trial.confirmNanos(), missing);
  }

  /** The trial after one of those who are missed was found to be away for a good reason. */
  public static Trial without(Trial trial, String who) {
    TreeSet<String> missing = new TreeSet<>(trial.missing());
    missing.remove(who);
    return new Trial(
        trial.mark(), trial.heardFromNanos(), trial.deadlineNanos(), trial.confirmNanos(), missing);
  }

  /**
   * The trial after the agent came back.
   *
   * @param sameBoot false: the machine started anew, the clock with it, and the tables are empty
   */
  public static Trial resumed(Trial trial, long nowNanos, boolean sameBoot) {
    long listenNanos = Math.min(trial.confirmNanos(), LISTEN_NANOS);
    long deadlineNanos =
        sameBoot && trial.deadlineNanos() - nowNanos >= listenNanos
            ? trial.deadlineNanos()
            : nowNanos + (sameBoot ? listenNanos : trial.confirmNanos());
    return new Trial(
        trial.mark(),
        sameBoot ? trial.heardFromNanos() : nowNanos,
        deadlineNanos,
        trial.confirmNanos(),
        trial.missing());
  }
}
