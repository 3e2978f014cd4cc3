package dev.holdfast.lab;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.fault.FaultKind;
import dev.holdfast.lab.fault.Injection;
import dev.holdfast.lab.measure.Measurement;
import dev.holdfast.lab.measure.judge.Timers;
import dev.holdfast.lab.net.Router;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Plays a sequence of faults on one lab, and gives back what they took.
 *
 * <p>A fault hits the router that is active at that moment, at a random moment between two adverts.
 * Then the scenario waits until everything flows again, and looks on for a while after that: a flow
 * counts as stalled when nothing came in the last two seconds.
 */
final class Scenario {

  private static final long QUIET_MILLIS = 1_000;
  private static final long TAIL_MILLIS = 2_200;

  /** TCP retransmits 0.2, 0.6, 1.5, 3.2 and 7.2 s after the first loss: not to miss the last. */
  private static final long BACK_OFF_MILLIS = 9_000;

  /** Addresses of a dead agent live this long in the kernel. */
  private static final long ADDRESS_LIFETIME_MILLIS = 3_500;

  /** A returning router reads the kernel's table and the peer's before it may take the role. */
  private static final long RETURN_MILLIS = 5_000;

  /** A host that boots, or a node and its pod. */
  private static final long BOOT_MILLIS = 10_000;

  /** An agent writes its flows to its disk every ten seconds; younger ones are not promised. */
  private static final long KEPT_MILLIS = 15_000;

  /** Through operator and API server to an agent that lets its peer get in sync first. */
  private static final long KUBERNETES_MILLIS = 10_000;

  private static final Fault POWER_OFF = Fault.parseList("power-off").getFirst();
  private static final Fault AGENT_STOP = Fault.parseList("agent-stop").getFirst();

  private final Lab lab;
  private final Narrator narrator;
  private final Random random;
  private final Deque<Injection> outstanding = new ArrayDeque<>();

  Scenario(Lab lab, Narrator narrator, Random random) {
    this.lab = lab;
    this.narrator = narrator;
    this.random = random;
  }

  /**
   * Waits for the routers, and does what must have happened before a sequence makes sense: for a
   * return without a loss the better router is lost first.
   */
  void prepare(List<Fault> faults) {
    narrator.settled(settle());
    if (faults.getFirst().kind() == FaultKind.RETURN && outstanding.isEmpty()) {
      Router better =
          lab.topology().routers().stream()
              .max(Comparator.comparingInt(Router::priority))
              .orElseThrow();
      narrator.step(better.node() + " is switched off beforehand, so that it can return");
      Injection off = lab.injector().prepare(POWER_OFF, better);
      off.fire();
      outstanding.push(off);
      narrator.settled(settle());
    }
  }

  private Router settle() {
    return lab.awaitSettled();
  }

  /** The faults, one after the other. */
  void play(List<Fault> faults, Measurement measurement) {
    narrator.flows(measurement.live());
    for (Fault fault : faults) {
      Pause.millis(QUIET_MILLIS + random.nextLong(Math.max(1, lab.detectionMillis() / 3)));
      switch (fault.kind()) {
        case RETURN -> giveBack(fault, measurement);
        case RESTART -> restart(fault, measurement);
        case NONE,
            POWER_OFF,
            POWER_CYCLE,
            AGENT_KILL,
            AGENT_STOP,
            AGENT_PAUSE,
            FREEZE,
            WAN_DOWN,
            LAN_DOWN,
            SYNC_DOWN,
            WAN_SILENT,
            LAN_ONEWAY,
            LINK_DOWN,
            LOSS,
            PARTITION,
            REBOOT,
            HANDOVER,
            MAINTENANCE,
            CORDON,
            DRAIN,
            NODE_DELETE,
            CHART_UPGRADE,
            OPERATOR_DELETE,
            HELM_UNINSTALL,
            API_STOP ->
            inject(fault, measurement);
      }
    }
  }

  private void inject(Fault fault, Measurement measurement) {
    if (fault.kind() == FaultKind.POWER_CYCLE) {
      narrator.step("waiting until flows have had the time to be written to disks");
      Pause.millis(KEPT_MILLIS);
    }
    Router target =
        lab.observer()
            .active()
            .orElseThrow(
                () -> new LabException("nobody is active, so " + fault.text() + " hits nobody"));
    Injection injection = lab.injector().prepare(fault, target);
    long at = injection.fire();
    if (fault.kind() != FaultKind.NONE) {
      measurement.mark(fault.text(), at);
    }
    narrator.fault(fault, target);
    if (fault.lastsNanos() > 0) {
      sleepUntil(at + fault.lastsNanos());
      injection.end();
      narrator.healed(fault.text() + " is over");
    } else {
      outstanding.push(injection);
    }
    lookOn(fault, measurement);
  }

  private void giveBack(Fault fault, Measurement measurement) {
    narrator.healed("what is missing comes back");
    long first = outstanding.isEmpty() ? System.nanoTime() : outstanding.pop().end();
    measurement.mark(fault.text(), first);
    giveBackTheRest();
    lookOn(fault, measurement);
  }

  private void giveBackTheRest() {
    while (!outstanding.isEmpty()) {
      outstanding.pop().end();
    }
  }

  private void restart(Fault fault, Measurement measurement) {
    for (Router router : lab.topology().routers()) {
      Injection stop = lab.injector().prepare(AGENT_STOP, router);
      long at = stop.fire();
      measurement.mark(fault.text(), at);
      narrator.fault(fault, router);
      stop.end();
      lookOn(fault, measurement);
    }
  }

  /** Waits until everything flows again, and then for as long as a stall needs to show. */
  private void lookOn(Fault fault, Measurement measurement) {
    long limit = minimumMillis(fault) + 2 * lab.detectionMillis() + BACK_OFF_MILLIS;
    boolean settled = measurement.settle(nanos(minimumMillis(fault)), nanos(limit));
    Pause.millis(TAIL_MILLIS);
    narrator.after(measurement.live(), settled);
  }

  /** For so long nobody may notice, and afterwards everything may still change. */
  private long minimumMillis(Fault fault) {
    long detection = 2 * lab.detectionMillis() + 500;
    return switch (fault.kind()) {
      case AGENT_KILL, AGENT_PAUSE -> Math.max(detection, ADDRESS_LIFETIME_MILLIS);
      case RETURN, RESTART, AGENT_STOP, MAINTENANCE, HANDOVER -> detection + RETURN_MILLIS;
      case CORDON, DRAIN, NODE_DELETE, CHART_UPGRADE, OPERATOR_DELETE, HELM_UNINSTALL, API_STOP ->
          detection + KUBERNETES_MILLIS;
      // TCP that was silent for so long tries again after as long at the latest.
      case POWER_CYCLE ->
          detection + BOOT_MILLIS + TimeUnit.NANOSECONDS.toMillis(fault.lastsNanos());
      case WAN_SILENT, LAN_ONEWAY -> Math.max(detection, (long) Timers.PROBE_MILLIS + 1_000);
      case NONE,
          POWER_OFF,
          REBOOT,
          FREEZE,
          WAN_DOWN,
          LAN_DOWN,
          SYNC_DOWN,
          LINK_DOWN,
          LOSS,
          PARTITION ->
          detection;
    };
  }

  /** Gives back everything and waits until the routers have settled: between two cycles. */
  void heal() {
    giveBackTheRest();
    Pause.millis(TAIL_MILLIS);
    settle();
  }

  private static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static void sleepUntil(long nanoTime) {
    long left = TimeUnit.NANOSECONDS.toMillis(nanoTime - System.nanoTime());
    if (left > 0) {
      Pause.millis(left);
    }
  }
}
