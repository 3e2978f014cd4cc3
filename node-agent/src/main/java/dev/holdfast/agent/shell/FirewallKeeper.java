package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.BackEndChoice;
import dev.holdfast.agent.firewall.core.Excuse;
import dev.holdfast.agent.firewall.core.FoundTable;
import dev.holdfast.agent.firewall.core.Party;
import dev.holdfast.agent.firewall.core.PolicyMark;
import dev.holdfast.agent.firewall.core.Ruleset;
import dev.holdfast.agent.linux.Clocks;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.shell.FirewallState.OnTrial;
import dev.holdfast.agent.shell.FirewallState.Standing;
import dev.holdfast.agent.shell.IptablesPrograms.ProgramFailed;
import dev.holdfast.agent.shell.IptablesRunner.Outcome;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the wanted policy in the kernel: chooses the back end, loads what is wanted, takes an
 * unconfirmed policy back, finds and repairs what others did to it. Owns the thread {@code
 * firewall}, so that the agent's loop never waits for a program; all methods return at once but
 * {@link #withdraw}.
 *
 * <p>Level-triggered: only the last wanted policy counts, what was refused is tried again with
 * growing pauses, and at start an unfinished change of an earlier run is put back first.
 */
public final class FirewallKeeper implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FirewallKeeper.class);

  private static final long MILLIS = 1_000_000L;

  /** Where the kernel tells nothing, and to find what it did not tell. */
  private static final long LEGACY_LOOK_NANOS = 2_000 * MILLIS;

  private static final long NFT_LOOK_NANOS = 10_000 * MILLIS;

  /** Between two looks that events asked for. */
  private static final long EVENT_PAUSE_NANOS = 500 * MILLIS;

  /** Anyone can send an advert. */
  private static final int PARTIES_MAX = 64;

  private static final long TRIAL_LOOK_NANOS = 250 * MILLIS;
  private static final long MIX_LOOK_NANOS = 60_000 * MILLIS;
  private static final long DRIFT_SAID_NANOS = 60_000 * MILLIS;
  private static final long RETRY_FIRST_NANOS = 2_000 * MILLIS;
  private static final long RETRY_LAST_NANOS = 300_000 * MILLIS;

  private static final String ROLLED_BACK =
      "the wanted policy was rolled back, since somebody was not heard after it; change it, or have"
          + " it tried again";

  private final FirewallStore store;
  private final Consumer<FirewallEvent> events;
  private final Optional<BackEnd> fixed;
  private final Map<Party, Long> heardAtNanos = new ConcurrentHashMap<>();
  private final CountDownLatch ended = new CountDownLatch(1);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition something = lock.newCondition();

  // Guarded by the lock.
  private @Nullable Ruleset wanted;
  private boolean wantedIsNew;
  private boolean retry;
  private boolean dirty;
  private boolean closing;
  private @Nullable CountDownLatch withdrawing;
  private final Set<Excuse> excuses = new LinkedHashSet<>();

  // Of the thread.
  private @Nullable Ruleset goal;
  private @Nullable IptablesRunner runner;
  private @Nullable IptablesEvents kernel;
  private boolean goalIsPending;
  private boolean suspicious;
  private boolean mixed;
  private long lookedAtNanos = System.nanoTime();
  private long mixLookedAtNanos = lookedAtNanos;
  private long retryAtNanos = lookedAtNanos;
  private long retryPauseNanos = RETRY_FIRST_NANOS;
  private long driftSaidAtNanos = lookedAtNanos - DRIFT_SAID_NANOS;
  private long driftRepaired;
  private long driftSaid;
  private String problem = "";

  private volatile FirewallReport report = FirewallReport.NONE;

  /**
   * Starts the thread, in the network namespace of the caller.
   *
   * @param stateDir folder of the agent's state
   * @param events hears what happens, on the thread of this; must not block
   */
  public FirewallKeeper(Path stateDir, Consumer<FirewallEvent> events) {
    this(stateDir, events, Optional.empty());
  }

  /**
   * @param fixed the back end to write to, whatever the host uses
   */
  FirewallKeeper(Path stateDir, Consumer<FirewallEvent> events, Optional<BackEnd> fixed) {
    this.store = new FirewallStore(new DiskStore(stateDir));
    this.events = events;
    this.fixed = fixed;
    Thread.ofPlatform().daemon().name("firewall").start(this::run);
  }

  /** This policy is to stand from now on. */
  public void wanted(Ruleset ruleset) {
    lock.lock();
    try {
      wantedIsNew |= !ruleset.equals(wanted);
      wanted = ruleset;
      something.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Tries what was refused or rolled back once more, now: somebody asked for it. */
  public void tryAgain() {
    lock.lock();
    try {
      retry = true;
      something.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Somebody was heard whom a policy could have cut off. May be called often, by any thread. */
  void heard(Party who, long agoNanos) {
    if (heardAtNanos.size() < PARTIES_MAX || heardAtNanos.containsKey(who)) {
      heardAtNanos.put(who, Clocks.bootNanos() - agoNanos);
    }
  }

  /** The silence of some is explained: neither this policy nor a later one waits for them. */
  void excuse(Excuse excuse) {
    heardAtNanos.keySet().removeIf(excuse::covers);
    lock.lock();
    try {
      excuses.add(excuse);
      something.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The active router was found dead. A policy on trial may be the reason; one that comes later is
   * not, and does not wait for it.
   */
  void activeLost() {
    if (!report.onTrial()) {
      heardAtNanos.keySet().removeIf(party -> party.sign() != Party.Sign.ANSWERS);
    }
  }

  /** How the policy stands. Any thread. */
  public FirewallReport report() {
    return report;
  }

  /**
   * Takes everything of ours away, and waits for it.
   *
   * @return false when it did not happen in that time
   */
  public boolean withdraw(long atMostMillis) {
    CountDownLatch done = new CountDownLatch(1);
    lock.lock();
    try {
      wanted = null;
      wantedIsNew = false;
      withdrawing = done;
      something.signalAll();
    } finally {
      lock.unlock();
    }
    return await(done, atMostMillis);
  }

  /** Ends the thread; the policy stays in the kernel. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      something.signalAll();
    } finally {
      lock.unlock();
    }
    await(ended, TimeUnit.SECONDS.toMillis(40));
  }

  private static boolean await(CountDownLatch latch, long atMostMillis) {
    try {
      return latch.await(atMostMillis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  // The thread.

  /** What others asked for since the last turn. */
  private record Asked(
      boolean newGoal,
      @Nullable Ruleset goal,
      boolean retry,
      boolean dirty,
      boolean closing,
      @Nullable CountDownLatch withdraw,
      List<Excuse> excuses) {}

  private void run() {
    try {
      while (true) {
        Asked asked = await(waitNanos());
        if (asked.closing()) {
          return;
        }
        turn(asked);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (kernel != null) {
        kernel.close();
      }
      ended.countDown();
    }
  }

  private Asked await(long waitNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = waitNanos;
      while (!isAsked() && left > 0) {
        left = something.awaitNanos(left);
      }
      Asked asked =
          new Asked(wantedIsNew, wanted, retry, dirty, closing, withdrawing, List.copyOf(excuses));
      wantedIsNew = false;
      retry = false;
      dirty = false;
      withdrawing = null;
      excuses.clear();
      return asked;
    } finally {
      lock.unlock();
    }
  }

  private boolean isAsked() {
    return wantedIsNew || retry || dirty || closing || withdrawing != null || !excuses.isEmpty();
  }

  /** Until the next thing is due by itself. */
  private long waitNanos() {
    long now = System.nanoTime();
    long wait = lookedAtNanos + lookEveryNanos() - now;
    if (suspicious) {
      wait = Math.min(wait, lookedAtNanos + EVENT_PAUSE_NANOS - now);
    }
    if (goalIsPending || runner == null) {
      wait = Math.min(wait, retryAtNanos - now);
    }
    if (runner != null && runner.state().onTrial() != null) {
      wait = Math.min(wait, TRIAL_LOOK_NANOS);
    }
    return wait;
  }

  private long lookEveryNanos() {
    return kernel == null ? LEGACY_LOOK_NANOS : NFT_LOOK_NANOS;
  }

  private void turn(Asked asked) {
    goal = asked.goal();
    goalIsPending = goal != null && (goalIsPending || asked.newGoal() || asked.retry());
    suspicious |= asked.dirty();
    if (asked.newGoal() || asked.retry() || asked.withdraw() != null) {
      retryAtNanos = System.nanoTime();
      retryPauseNanos = RETRY_FIRST_NANOS;
    }
    try {
      if (System.nanoTime() - retryAtNanos >= 0 || runner != null) {
        work(runner(), asked);
      }
    } catch (RuntimeException e) {
      if (!(e instanceof ProgramFailed
          || e instanceof UncheckedIOException
          || e instanceof SyscallException)) {
        // A mistake of ours. The kernel goes on filtering by what it holds, so this is told and
        // tried
        // again rather than taking the gateway down.
        LOG.error("firewall failed by a mistake of ours", e);
      }
      failed(String.valueOf(e.getMessage()));
      if (asked.withdraw() != null) {
        askAgainToWithdraw(asked.withdraw());
      }
    }
    publish();
  }

  private void askAgainToWithdraw(CountDownLatch latch) {
    lock.lock();
    try {
      if (withdrawing == null && wanted == null) {
        withdrawing = latch;
      }
    } finally {
      lock.unlock();
    }
  }

  private void work(IptablesRunner runner, Asked asked) {
    asked.excuses().forEach(runner::excuse);
    if (asked.withdraw() != null) {
      runner.withdraw();
      solved();
      publish(); // Whoever waits reads the report next.
      asked.withdraw().countDown();
      LOG.info("firewall withdrawn");
      return;
    }
    if (asked.retry()) {
      runner.forgetRollback();
    }
    if (goalIsPending && goal != null && System.nanoTime() - retryAtNanos >= 0) {
      apply(runner, goal);
    }
    runner.judge(heardAtNanos).ifPresent(this::judged);
    look(runner);
  }

  /** The runner, made at the first turn: it chooses the back end and puts back what was cut off. */
  private IptablesRunner runner() {
    if (runner != null) {
      return runner;
    }
    Map<BackEnd, IptablesPrograms> programs = programs();
    Map<BackEnd, List<FoundTable>> found = new EnumMap<>(BackEnd.class);
    programs.forEach((backEnd, of) -> found.put(backEnd, List.copyOf(of.save().values())));
    BackEndChoice choice = BackEndChoice.of(found, IptablesPrograms.usual());
    IptablesPrograms chosen = Objects.requireNonNull(programs.get(choice.backEnd()));
    IptablesRunner made =
        new IptablesRunner(chosen, store, Clocks::bootNanos, IptablesRunner.Steps.NONE);
    made.repairAfterCrash();
    if (choice.leftovers()) {
      LOG.warn("firewall back end changed, cleaning the other one to={}", choice.backEnd().text());
      IptablesRunner.clean(Objects.requireNonNull(programs.get(choice.backEnd().other())));
      made.nothingLoaded();
    }
    kernel = choice.backEnd() == BackEnd.NFT ? listen() : null;
    runner = made;
    mixed(choice);
    return made;
  }

  private Map<BackEnd, IptablesPrograms> programs() {
    Map<BackEnd, IptablesPrograms> programs = new EnumMap<>(BackEnd.class);
    for (BackEnd backEnd : fixed.map(List::of).orElse(List.of(BackEnd.values()))) {
      IptablesPrograms.find(backEnd).ifPresent(found -> programs.put(backEnd, found));
    }
    if (programs.isEmpty()) {
      throw new ProgramFailed(
          "no iptables programs here: install the package iptables (iptables-save,"
              + " iptables-restore, and those of ip6tables)");
    }
    return programs;
  }

  private @Nullable IptablesEvents listen() {
    try {
      return new IptablesEvents(this::somethingChanged);
    } catch (SyscallException e) {
      LOG.warn("firewall hears no kernel events why=\"{}\" then=looking", e.getMessage());
      return null;
    }
  }

  private void somethingChanged() {
    lock.lock();
    try {
      dirty = true;
      something.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void mixed(BackEndChoice choice) {
    if (choice.mixed() && !mixed) {
      events.accept(
          new FirewallEvent.MixedBackEnds(FirewallReport.sentenceOfMix(choice.backEnd())));
    }
    mixed = choice.mixed();
  }

  private void apply(IptablesRunner runner, Ruleset wanted) {
    PolicyMark mark = wanted.mark();
    Standing standing = runner.state().standing();
    if (mark.equals(runner.state().rolledBack()) && standing != null) {
      // It cut somebody off. What stood before it goes on standing, after a reboot too.
      runner.apply(standing.wanted(), Map.of());
      goalIsPending = false;
      problem = ROLLED_BACK;
      return;
    }
    runner.forgetRollback();
    long begin = System.nanoTime();
    switch (runner.apply(wanted, heardAtNanos)) {
      case Outcome.Applied applied -> applied(runner, mark, applied, begin);
      case Outcome.Refused refused -> {
        String sentence = refused.sentence();
        if (!sentence.equals(problem)) {
          events.accept(new FirewallEvent.Refused(mark, sentence));
        }
        later(sentence);
      }
    }
  }

  private void applied(
      IptablesRunner runner, PolicyMark mark, Outcome.Applied applied, long beginNanos) {
    long tookMillis = (System.nanoTime() - beginNanos) / MILLIS;
    goalIsPending = false;
    solved();
    events.accept(new FirewallEvent.Applied(mark, applied.changed(), tookMillis));
    OnTrial onTrial = runner.state().onTrial();
    if (onTrial != null && applied.changed()) {
      publish(); // Whoever is told asks for it next.
      events.accept(new FirewallEvent.OnTrial(mark, onTrial.trial().missing()));
    }
  }

  private void judged(FirewallEvent verdict) {
    if (verdict instanceof FirewallEvent.RolledBack) {
      problem = ROLLED_BACK;
    }
    events.accept(verdict);
  }

  private void look(IptablesRunner runner) {
    long now = System.nanoTime();
    long everyNanos = suspicious ? EVENT_PAUSE_NANOS : lookEveryNanos();
    if (now - lookedAtNanos < everyNanos) {
      return;
    }
    suspicious = false;
    lookedAtNanos = now;
    Optional<String> repaired = runner.repairDrift();
    repaired.ifPresent(this::driftRepaired);
    if (runner.standing().isEmpty()) {
      runner.look();
    }
    if (now - mixLookedAtNanos >= MIX_LOOK_NANOS) {
      mixLookedAtNanos = now;
      lookForMix(runner.backEnd());
    }
    if (!goalIsPending && !problem.equals(ROLLED_BACK)) {
      solved();
    }
  }

  private void driftRepaired(String what) {
    driftRepaired++;
    long now = System.nanoTime();
    if (now - driftSaidAtNanos >= DRIFT_SAID_NANOS) {
      events.accept(new FirewallEvent.DriftRepaired(what, driftRepaired - driftSaid));
      driftSaidAtNanos = now;
      driftSaid = driftRepaired;
    }
  }

  private void lookForMix(BackEnd ours) {
    Map<BackEnd, List<FoundTable>> found = new EnumMap<>(BackEnd.class);
    programs().forEach((backEnd, of) -> found.put(backEnd, List.copyOf(of.save().values())));
    BackEndChoice choice = BackEndChoice.of(found, Optional.of(ours));
    mixed(new BackEndChoice(ours, choice.mixed(), choice.leftovers()));
  }

  private void failed(String sentence) {
    if (!sentence.equals(problem)) {
      events.accept(new FirewallEvent.Failed(sentence));
    }
    lookedAtNanos = System.nanoTime();
    later(sentence);
  }

  private void later(String sentence) {
    problem = sentence;
    retryAtNanos = System.nanoTime() + retryPauseNanos;
    retryPauseNanos = Math.min(2 * retryPauseNanos, RETRY_LAST_NANOS);
  }

  private void solved() {
    problem = "";
    retryPauseNanos = RETRY_FIRST_NANOS;
  }

  private void publish() {
    IptablesRunner of = runner;
    FirewallState state = of == null ? null : of.state();
    report =
        new FirewallReport(
            of == null ? null : of.standing().orElse(null),
            of == null ? null : of.backEnd(),
            mixed,
            driftRepaired,
            of == null ? 0 : of.logHits(),
            state != null && state.onTrial() != null,
            problem.isEmpty() ? null : problem);
  }
}
