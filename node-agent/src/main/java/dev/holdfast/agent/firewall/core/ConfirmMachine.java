package dev.holdfast.agent.firewall.core;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether a new policy may stay: everyone who was heard in the five seconds before it must be heard
 * again within its time, or the policy before comes back. All times: nanoseconds on a clock that
 * counts on while the machine sleeps; compared by difference.
 *
 * <pre>
 *   state       event                                          next
 *   confirmed   applied, somebody was heard before             on trial
 *   confirmed   applied, nobody was heard before               confirmed
 *   confirmed   the same policy applied again                  confirmed
 *   on trial    everyone missing was heard since               confirmed
 *   on trial    deadline, somebody is still missing            the policy before, refused for good
 *   on trial    another policy applied                         on trial, for all of both trials
 *   on trial    the same policy applied again                  on trial, as it was
 *   on trial    the policy before applied again                confirmed
 *   on trial    somebody's silence is excused                  on trial without him
 *   on trial    agent started again, same boot                 on trial, at least until heard anew
 *   on trial    agent started again, machine booted meanwhile  on trial, with its whole time
 * </pre>
 *
 * <p>Heard means: something arrived that the new policy let through. What was on its way when the
 * policy came does not count, hence the pause. A packet of an established flow passes every policy:
 * who says that the API was heard must mean a connection that was opened since.
 *
 * <p>A peer that dies in the second after a policy looks like one that was cut off by it. The doubt
 * counts against the policy: to go on with the one before costs little. What is told apart is an
 * {@link Excuse}.
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
   * @param before the policy that comes back when it fails
   * @param heardFromNanos what was heard since then counts
   * @param deadlineNanos when it must be confirmed
   * @param confirmNanos how long it was given
   * @param missing who has not been heard again
   */
  public record Trial(
      PolicyMark mark,
      PolicyMark before,
      long heardFromNanos,
      long deadlineNanos,
      long confirmNanos,
      Set<Party> missing) {
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

    private Trial missing(Set<Party> still) {
      return new Trial(mark, before, heardFromNanos, deadlineNanos, confirmNanos, still);
    }
  }

  /**
   * A policy that is about to be applied.
   *
   * @param wanted the policy
   * @param inKernel what is there now
   * @param confirmed it is the one that stands without a trial: a boot or somebody's flush took it
   *     away
   * @param confirmNanos how long it has; 0: nobody is asked
   */
  public record Application(
      PolicyMark wanted, PolicyMark inKernel, boolean confirmed, long confirmNanos) {}

  /**
   * Whether somebody who is heard now is expected to be heard again, and so missed when he is not.
   *
   * @param active this router has the role: others' adverts are then the last words of who yields;
   *     they count from when this one has yielded itself
   * @param resource whom it names
   */
  public static boolean isExpected(Party party, boolean active, Excuse.NotInResource resource) {
    boolean lastWords = active && party.sign() == Party.Sign.ADVERTS;
    return !lastWords && !resource.covers(party);
  }

  /**
   * What follows from an application. To be asked before the kernel is touched: who is silenced
   * while the tables are loaded is missed too.
   *
   * @param running the trial until now
   * @param heardAtNanos who was heard last when
   */
  public static Optional<Trial> applying(
      @Nullable Trial running,
      Application application,
      Map<Party, Long> heardAtNanos,
      long nowNanos) {
    PolicyMark wanted = application.wanted();
    if (running == null) {
      return application.confirmed()
          ? Optional.empty()
          : begin(application, application.inKernel(), Set.of(), heardAtNanos, nowNanos);
    }
    if (wanted.samePolicy(running.before())) {
      return Optional.empty();
    }
    if (wanted.samePolicy(running.mark()) && wanted.samePolicy(application.inKernel())) {
      return Optional.of(running);
    }
    return begin(application, running.before(), running.missing(), heardAtNanos, nowNanos);
  }

  private static Optional<Trial> begin(
      Application application,
      PolicyMark before,
      Set<Party> alreadyMissing,
      Map<Party, Long> heardAtNanos,
      long nowNanos) {
    long confirmNanos = application.confirmNanos();
    TreeSet<Party> missing = new TreeSet<>(alreadyMissing);
    heardAtNanos.forEach(
        (who, at) -> {
          if (nowNanos - at <= HEARD_BEFORE_NANOS) {
            missing.add(who);
          }
        });
    if (missing.isEmpty() || confirmNanos == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Trial(
            application.wanted(),
            before,
            nowNanos + SETTLE_NANOS,
            nowNanos + confirmNanos,
            confirmNanos,
            missing));
  }

  /** The trial when its policy stands in all tables: its time begins now. */
  public static Trial applied(Trial trial, long nowNanos) {
    return new Trial(
        trial.mark(),
        trial.before(),
        nowNanos + SETTLE_NANOS,
        nowNanos + trial.confirmNanos(),
        trial.confirmNanos(),
        trial.missing());
  }

  /** The trial after some were heard. */
  public static Trial heard(Trial trial, Map<Party, Long> heardAtNanos) {
    TreeSet<Party> missing = new TreeSet<>(trial.missing());
    missing.removeIf(
        who -> {
          Long at = heardAtNanos.get(who);
          return at != null && at - trial.heardFromNanos() >= 0;
        });
    return trial.missing(missing);
  }

  /** The trial after the silence of some was explained. */
  public static Trial excused(Trial trial, Excuse excuse) {
    TreeSet<Party> missing = new TreeSet<>(trial.missing());
    missing.removeIf(excuse::covers);
    return trial.missing(missing);
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
        trial.before(),
        sameBoot ? trial.heardFromNanos() : nowNanos,
        deadlineNanos,
        trial.confirmNanos(),
        trial.missing());
  }
}
