package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.Chain;
import dev.holdfast.agent.firewall.core.ConfirmMachine;
import dev.holdfast.agent.firewall.core.ConfirmMachine.Trial;
import dev.holdfast.agent.firewall.core.Drift;
import dev.holdfast.agent.firewall.core.Excuse;
import dev.holdfast.agent.firewall.core.FoundTable;
import dev.holdfast.agent.firewall.core.Party;
import dev.holdfast.agent.firewall.core.PolicyMark;
import dev.holdfast.agent.firewall.core.Refusal;
import dev.holdfast.agent.firewall.core.Rehearsal;
import dev.holdfast.agent.firewall.core.RuleLine;
import dev.holdfast.agent.firewall.core.RuleTable;
import dev.holdfast.agent.firewall.core.Ruleset;
import dev.holdfast.agent.firewall.core.TableChange;
import dev.holdfast.agent.firewall.core.TableKey;
import dev.holdfast.agent.shell.ChildProgram.Ended;
import dev.holdfast.agent.shell.FirewallState.Applying;
import dev.holdfast.agent.shell.FirewallState.OnTrial;
import dev.holdfast.agent.shell.FirewallState.Standing;
import dev.holdfast.agent.shell.IptablesPrograms.ProgramFailed;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads policies into the kernel, with one back end.
 *
 * <p>A restore is atomic for one table only. So all tables are tested first; what is there is kept
 * on disk; then one table after the other is loaded; when one is refused, those before it are put
 * back; and when the agent dies in between, {@link #repairAfterCrash()} does so at the next start.
 * Others' chains are never named, except to add or take away our own jump.
 *
 * <p>One owner thread. Every call runs programs and may take seconds.
 */
final class IptablesRunner {

  private static final Logger LOG = LoggerFactory.getLogger(IptablesRunner.class);
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** Where nothing of ours is. */
  private static final PolicyMark NOBODYS = new PolicyMark(0, "0".repeat(16));

  /** Where a change may be broken off; tests do. */
  enum Step {
    TESTED,
    KEPT,
    TABLE_LOADED,
    TABLE_PUT_BACK,
    ALL_LOADED,
    DONE
  }

  /** Hears how far a change has come. */
  @FunctionalInterface
  interface Steps {
    Steps NONE = _ -> {};

    void reached(Step step);
  }

  /** How an application ended. */
  sealed interface Outcome {
    /** It stands; it did already when nothing was changed. */
    record Applied(boolean changed) implements Outcome {}

    /** It does not stand, and what stood before does. */
    record Refused(String sentence) implements Outcome {}
  }

  private final IptablesPrograms programs;
  private final FirewallStore store;
  private final LongSupplier bootNanos;
  private final Steps steps;
  private final Map<TableKey, Long> droppedBefore = new TreeMap<>();
  private FirewallState state;
  private long logHits;
  private String unkept = "";

  /** False while the kernel does not hold the policy that we remember: the machine was started. */
  private boolean loaded;

  /**
   * @param bootNanos the clock of {@link ConfirmMachine}
   */
  IptablesRunner(
      IptablesPrograms programs, FirewallStore store, LongSupplier bootNanos, Steps steps) {
    this.programs = programs;
    this.store = store;
    this.bootNanos = bootNanos;
    this.steps = steps;
    this.state = FirewallState.empty(FirewallStore.bootId());
  }

  BackEnd backEnd() {
    return programs.backEnd();
  }

  FirewallState state() {
    return state;
  }

  /** Packets that reached the log chains, as far as was looked. */
  long logHits() {
    return logHits;
  }

  /**
   * Reads what an earlier run kept, and ends a change that it did not finish: the tables that it
   * had loaded get back what was there before.
   */
  void repairAfterCrash() {
    FirewallState kept = store.load().orElse(state);
    boolean sameBoot = kept.bootId().equals(state.bootId());
    OnTrial onTrial = kept.onTrial();
    if (onTrial != null) {
      onTrial =
          new OnTrial(
              ConfirmMachine.resumed(onTrial.trial(), bootNanos.getAsLong(), sameBoot),
              onTrial.before());
    }
    Applying applying = sameBoot ? kept.applying() : null;
    state =
        new FirewallState(state.bootId(), applying, kept.standing(), onTrial, kept.rolledBack());
    if (applying != null) {
      LOG.warn("firewall change was cut off, put back generation={}", applying.mark().generation());
    }
    loaded = sameBoot;
    finishPuttingBack();
    keep(state);
  }

  /** What stood was in the other back end, and has been removed there. */
  void nothingLoaded() {
    loaded = false;
  }

  /** The policy that stands in the kernel, if one of ours does. */
  Optional<PolicyMark> standing() {
    return loaded
        ? state
            .standingPolicy()
            .map(Standing::wanted)
            .filter(wanted -> !wanted.tables().isEmpty())
            .map(Ruleset::mark)
        : Optional.empty();
  }

  private void finishPuttingBack() {
    Applying applying = state.applying();
    if (applying != null) {
      putBack(applying.before());
      state = state.applying(null);
      keep(state);
    }
  }

  /**
   * Makes the kernel hold this policy.
   *
   * @param heardAtNanos who was heard last when, by the clock of the constructor
   */
  Outcome apply(Ruleset wanted, Map<Party, Long> heardAtNanos) {
    finishPuttingBack();
    Map<TableKey, FoundTable> found = read();
    List<TableChange> changes = changes(wanted, found);
    FirewallState prior = state;
    if (changes.isEmpty()) {
      if (!prior.standingPolicy().map(Standing::wanted).equals(Optional.of(wanted))) {
        state = prior.standing(new Standing(wanted, ours(found)));
        keep(state);
      }
      loaded = true;
      return new Outcome.Applied(false);
    }
    Optional<String> refused = test(changes);
    if (refused.isPresent()) {
      return new Outcome.Refused(refused.get());
    }
    steps.reached(Step.TESTED);
    OnTrial trial = trial(wanted, found, heardAtNanos);
    state = prior.applying(new Applying(wanted.mark(), ours(found))).onTrial(trial);
    keep(state);
    steps.reached(Step.KEPT);
    refused = load(wanted, changes);
    if (refused.isPresent()) {
      state = prior;
      keep(state);
      return new Outcome.Refused(refused.get());
    }
    loaded = true;
    steps.reached(Step.ALL_LOADED);
    state =
        prior
            .standing(new Standing(wanted, asLoaded(wanted, read())))
            .onTrial(begun(prior.onTrial(), trial));
    keep(state);
    steps.reached(Step.DONE);
    return new Outcome.Applied(true);
  }

  /**
   * Ends a trial that has come to an end.
   *
   * @return what came of it; empty while it goes on, and when there is none
   */
  Optional<FirewallEvent> judge(Map<Party, Long> heardAtNanos) {
    OnTrial running = state.onTrial();
    if (running == null || !isStanding(running.trial().mark())) {
      return Optional.empty();
    }
    Trial trial = ConfirmMachine.heard(running.trial(), heardAtNanos);
    if (trial.isConfirmed()) {
      state = state.onTrial(null);
      keep(state);
      return Optional.of(new FirewallEvent.Confirmed(trial.mark()));
    }
    if (!trial.isFailed(bootNanos.getAsLong())) {
      state = state.onTrial(new OnTrial(trial, running.before()));
      return Optional.empty();
    }
    rollBack(trial, running.before());
    return Optional.of(new FirewallEvent.RolledBack(trial.mark(), trial.missing()));
  }

  /** Nobody waits any longer for those whose silence this explains. */
  void excuse(Excuse excuse) {
    OnTrial running = state.onTrial();
    if (running != null && running.trial().missing().stream().anyMatch(excuse::covers)) {
      Trial trial = ConfirmMachine.excused(running.trial(), excuse);
      state = state.onTrial(new OnTrial(trial, running.before()));
      keep(state);
    }
  }

  /** A policy that was rolled back may be tried again. */
  void forgetRollback() {
    if (state.rolledBack() != null) {
      state = state.rolledBack(null);
      keep(state);
    }
  }

  private boolean isStanding(PolicyMark mark) {
    return state
        .standingPolicy()
        .map(policy -> policy.wanted().mark().samePolicy(mark))
        .orElse(false);
  }

  private void rollBack(Trial trial, Ruleset before) {
    Map<TableKey, FoundTable> found = read();
    state = state.applying(new Applying(before.mark(), ours(found)));
    keep(state);
    Optional<String> refused = load(before, changes(before, found));
    if (refused.isPresent()) {
      throw new ProgramFailed("rolling back: " + refused.get());
    }
    state =
        new FirewallState(
            state.bootId(),
            null,
            new Standing(before, asLoaded(before, read())),
            null,
            trial.mark());
    keep(state);
  }

  /**
   * Looks whether all that should be there is, and puts it back.
   *
   * @return what was wrong; empty when nothing was
   */
  Optional<String> repairDrift() {
    finishPuttingBack();
    Standing standing = state.standing();
    if (standing == null || !loaded) {
      return Optional.empty();
    }
    Map<TableKey, FoundTable> found = read();
    List<String> wrong = new ArrayList<>();
    for (FoundTable table : found.values()) {
      wrong.addAll(Drift.between(tableOf(standing.found(), table.key()), table.ours()));
    }
    if (wrong.isEmpty()) {
      return Optional.empty();
    }
    for (TableChange change : changes(standing.wanted(), found)) {
      Ended ended = programs.restore(change.key().family(), change.text(), false);
      if (ended.exit() != 0) {
        throw new ProgramFailed("putting back: " + Refusal.sentence(change, ended.errors()));
      }
    }
    List<RuleTable> now = asLoaded(standing.wanted(), read());
    if (!now.equals(standing.found())) {
      state = state.standing(new Standing(standing.wanted(), now));
      keep(state);
    }
    return Optional.of(String.join("; ", wrong));
  }

  /** Takes away everything of ours, the memory of it too. */
  void withdraw() {
    Ruleset nothing = new Ruleset(NOBODYS, 0, List.of());
    putBack(List.of());
    state = FirewallState.empty(state.bootId()).standing(new Standing(nothing, List.of()));
    keep(state);
  }

  /** Takes away everything of ours from a back end that is not written to. */
  static void clean(IptablesPrograms programs) {
    for (FoundTable table : programs.save().values()) {
      TableChange change = TableChange.of(RuleTable.empty(table.key()), table);
      if (!change.isEmpty()) {
        Ended ended = programs.restore(table.key().family(), change.text(), false);
        if (ended.exit() != 0) {
          throw new ProgramFailed(Refusal.sentence(change, ended.errors()));
        }
      }
    }
  }

  private Map<TableKey, FoundTable> read() {
    Map<TableKey, FoundTable> found = programs.save();
    found.forEach(
        (key, table) -> {
          long before = droppedBefore.getOrDefault(key, 0L);
          // A chain that was written anew counts from nothing.
          logHits += table.dropped() >= before ? table.dropped() - before : table.dropped();
          droppedBefore.put(key, table.dropped());
        });
    return found;
  }

  /** Counts what reached the log chains meanwhile. */
  void look() {
    read();
  }

  private List<TableChange> changes(Ruleset wanted, Map<TableKey, FoundTable> found) {
    List<TableChange> changes = new ArrayList<>();
    found.forEach(
        (key, table) -> {
          RuleTable goal = wanted.table(key);
          TableChange change = TableChange.of(goal, table, unchanged(goal, table.ours()));
          if (!change.isEmpty()) {
            changes.add(change);
          }
        });
    return changes;
  }

  /** Chains that were loaded as they are wanted, and are printed as they were then. */
  private RuleTable unchanged(RuleTable wanted, RuleTable found) {
    Standing standing = state.standing();
    if (standing == null) {
      return RuleTable.empty(wanted.key());
    }
    RuleTable loaded = standing.wanted().table(wanted.key());
    RuleTable printed = tableOf(standing.found(), wanted.key());
    List<Chain> same =
        wanted.chains().stream()
            .filter(chain -> hasChain(loaded, chain))
            .filter(
                chain ->
                    printed
                        .chain(chain.name())
                        .filter(before -> hasChain(found, before))
                        .isPresent())
            .toList();
    return new RuleTable(wanted.key(), same, List.of());
  }

  private static boolean hasChain(RuleTable table, Chain chain) {
    return table.chain(chain.name()).filter(chain::sameText).isPresent();
  }

  private static RuleTable tableOf(List<RuleTable> tables, TableKey key) {
    return tables.stream()
        .filter(table -> table.key().equals(key))
        .findFirst()
        .orElse(RuleTable.empty(key));
  }

  private static List<RuleTable> ours(Map<TableKey, FoundTable> found) {
    return found.values().stream().map(FoundTable::ours).filter(table -> !table.isEmpty()).toList();
  }

  /**
   * What was found right after loading. A chain that somebody has altered in between is left out,
   * so that it is seen as drift.
   */
  private static List<RuleTable> asLoaded(Ruleset wanted, Map<TableKey, FoundTable> found) {
    return ours(found).stream()
        .map(
            table ->
                new RuleTable(
                    table.key(),
                    table.chains().stream()
                        .filter(
                            chain ->
                                wanted
                                    .table(table.key())
                                    .chain(chain.name())
                                    .filter(goal -> goal.rules().size() == chain.rules().size())
                                    .isPresent())
                        .toList(),
                    wanted.table(table.key()).jumps()))
        .toList();
  }

  private Optional<String> test(List<TableChange> changes) {
    for (TableChange change : changes) {
      Ended ended = programs.restore(change.key().family(), change.text(), true);
      if (ended.exit() != 0) {
        return Optional.of(Refusal.sentence(change, ended.errors()));
      }
    }
    return Optional.empty();
  }

  /** Loads table after table; on a refusal puts back what was loaded. */
  private Optional<String> load(Ruleset wanted, List<TableChange> changes) {
    for (TableChange change : changes) {
      Ended ended = programs.restore(change.key().family(), change.text(), false);
      if (ended.exit() != 0) {
        finishPuttingBack();
        return Optional.of(sentence(wanted.table(change.key()), change, ended.errors()));
      }
      steps.reached(Step.TABLE_LOADED);
    }
    return Optional.empty();
  }

  /** Makes all tables hold exactly this of ours, the last loaded first. */
  private void putBack(List<RuleTable> before) {
    List<FoundTable> found = new ArrayList<>(read().values());
    for (FoundTable table : found.reversed()) {
      RuleTable goal = tableOf(before, table.key());
      if (goal.sameText(table.ours())) {
        continue;
      }
      TableChange change = TableChange.of(goal, table);
      Ended ended = programs.restore(table.key().family(), change.text(), false);
      if (ended.exit() != 0) {
        throw new ProgramFailed("putting back: " + Refusal.sentence(change, ended.errors()));
      }
      steps.reached(Step.TABLE_PUT_BACK);
    }
  }

  private String sentence(RuleTable wanted, TableChange change, String errors) {
    int line = Refusal.line(errors).orElse(0);
    boolean named = change.line(line).filter(rule -> !rule.origin().isEmpty()).isPresent();
    return named
        ? Refusal.sentence(change, errors)
        : Refusal.sentence(change, culprit(wanted), errors);
  }

  /** Finds the rule that the kernel does not take, by loading them where no packet comes. */
  private Optional<RuleLine> culprit(RuleTable wanted) {
    for (Rehearsal rehearsal : Rehearsal.of(wanted)) {
      int good = 0;
      int bad = rehearsal.rules().size() + 1;
      while (bad - good > 1) {
        int count = bad > rehearsal.rules().size() ? rehearsal.rules().size() : (good + bad) / 2;
        if (isTaken(rehearsal, count)) {
          good = count;
        } else {
          bad = count;
        }
      }
      if (bad <= rehearsal.rules().size()) {
        return Optional.of(rehearsal.rules().get(bad - 1));
      }
    }
    return Optional.empty();
  }

  private boolean isTaken(Rehearsal rehearsal, int count) {
    if (programs.restore(rehearsal.key().family(), rehearsal.begin(count), false).exit() != 0) {
      return false;
    }
    Ended ended = programs.restore(rehearsal.key().family(), rehearsal.end(), false);
    if (ended.exit() != 0) {
      throw new ProgramFailed("taking a rehearsal away: " + Refusal.words(ended.errors()));
    }
    return true;
  }

  private @Nullable OnTrial trial(
      Ruleset wanted, Map<TableKey, FoundTable> found, Map<Party, Long> heardAtNanos) {
    OnTrial running = state.onTrial();
    PolicyMark stands = mark(found);
    return ConfirmMachine.applying(
            running == null ? null : running.trial(),
            new ConfirmMachine.Application(
                wanted.mark(),
                stands,
                isStanding(wanted.mark()),
                wanted.confirmSeconds() * NANOS_PER_SECOND),
            heardAtNanos,
            bootNanos.getAsLong())
        .map(
            trial ->
                new OnTrial(
                    trial,
                    running == null ? new Ruleset(stands, 0, ours(found)) : running.before()))
        .orElse(null);
  }

  /** The trial with the time that it has from now on; one that went on has its old one. */
  private @Nullable OnTrial begun(@Nullable OnTrial before, @Nullable OnTrial trial) {
    if (trial == null || (before != null && before.trial().equals(trial.trial()))) {
      return trial;
    }
    return new OnTrial(
        ConfirmMachine.applied(trial.trial(), bootNanos.getAsLong()), trial.before());
  }

  private static PolicyMark mark(Map<TableKey, FoundTable> found) {
    return found.values().stream()
        .flatMap(table -> table.ours().mark().stream())
        .findFirst()
        .orElse(NOBODYS);
  }

  /** Without its file the firewall works, but a crash in a change cannot be repaired. */
  private void keep(FirewallState kept) {
    try {
      store.save(kept);
      unkept = "";
    } catch (UncheckedIOException e) {
      String why = String.valueOf(e.getMessage());
      if (!why.equals(unkept)) {
        LOG.warn("firewall state not kept why=\"{}\"", why);
      }
      unkept = why;
    }
  }
}
