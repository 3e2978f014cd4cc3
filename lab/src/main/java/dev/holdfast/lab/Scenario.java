package dev.holdfast.lab;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.fault.FaultKind;
import dev.holdfast.lab.fault.Injection;
import dev.holdfast.lab.net.Router;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Plays a sequence of faults on one lab, and gives back what they took.
 *
 * <p>A fault hits the router that is active at that moment. Then the scenario waits until traffic
 * passes again and looks on for a while: TCP resumes up to 2.2 times the length of the gap after
 * the fault (its retransmissions back off by powers of two), and a flow counts as stalled when
 * nothing came in the last two seconds.
 */
final class Scenario {

  /** Told about each fault at once. */
  interface Listener {
    /**
     * @param nanoTime {@link System#nanoTime} immediately before it began
     */
    void marked(String fault, long nanoTime);
  }

  private static final long SETTLE_LIMIT_MILLIS = 30_000;
  private static final long QUIET_MILLIS = 1_000;
  private static final long TAIL_MILLIS = 3_000;
  private static final double BACK_OFF = 1.3;

  /** Addresses of a dead agent live this long in the kernel. */
  private static final long ADDRESS_LIFETIME_MILLIS = 3_500;

  /** A returning router reads the kernel's table and the peer's before it may take the role. */
  private static final long RETURN_MILLIS = 6_000;

  private final Lab lab;
  private final Progress progress;
  private final Random random;
  private final Deque<Injection> outstanding = new ArrayDeque<>();

  /**
   * @param random gives each fault its moment between two adverts
   */
  Scenario(Lab lab, Progress progress, Random random) {
    this.lab = lab;
    this.progress = progress;
    this.random = random;
  }

  /**
   * Does what has to have happened before a sequence makes sense, before anything is measured: for
   * a return without a loss, the better router is lost.
   */
  void prepare(List<Fault> faults) {
    Router active = lab.awaitSettled(SETTLE_LIMIT_MILLIS + 10 * lab.detectionMillis());
    progress.say(active.node() + " is active");
    if (faults.getFirst().kind() == FaultKind.RETURN) {
      Router better =
          lab.topology().routers().stream()
              .max(Comparator.comparingInt(Router::priority))
              .orElseThrow();
      progress.say(better.node() + " is switched off beforehand, so that it can return");
      Injection off = lab.injector().prepare(Fault.parseList("power-off").getFirst(), better);
      off.fire();
      outstanding.push(off);
      Router other = lab.awaitSettled(SETTLE_LIMIT_MILLIS + 10 * lab.detectionMillis());
      progress.say(other.node() + " is active");
    }
  }

  /** The faults, one after the other. */
  void play(List<Fault> faults, Listener listener) {
    for (Fault fault : faults) {
      Pause.millis(QUIET_MILLIS + random.nextLong(Math.max(1, lab.detectionMillis() / 3)));
      switch (fault.kind()) {
        case RETURN -> giveBack(fault, listener);
        case RESTART -> restart(fault, listener);
        default -> inject(fault, listener);
      }
    }
  }

  private void inject(Fault fault, Listener listener) {
    Router target =
        lab.observer()
            .active()
            .orElseThrow(
                () -> new LabException("nobody is active, so " + fault.text() + " hits nobody"));
    Injection injection = lab.injector().prepare(fault, target);
    long at = injection.fire();
    listener.marked(fault.text(), at);
    progress.say(describe(fault, target));
    if (fault.lastsNanos() > 0) {
      sleepUntil(at + fault.lastsNanos());
      injection.end();
      progress.say(fault.text() + " is over");
    } else if (fault.kind() != FaultKind.NONE && fault.kind() != FaultKind.HANDOVER) {
      outstanding.push(injection);
    }
    lookOn(fault, at);
  }

  private void giveBack(Fault fault, Listener listener) {
    progress.say("what the faults took comes back");
    @Nullable Long first = null;
    while (!outstanding.isEmpty()) {
      long at = outstanding.pop().end();
      first = first == null ? at : first;
    }
    long at = first == null ? System.nanoTime() : first;
    listener.marked(fault.text(), at);
    lookOn(fault, at);
  }

  private void restart(Fault fault, Listener listener) {
    for (Router router : lab.topology().routers()) {
      Injection stop = lab.injector().prepare(Fault.parseList("agent-stop").getFirst(), router);
      progress.say(router.node() + " is restarted");
      long at = stop.fire();
      listener.marked(fault.text(), at);
      stop.end();
      lookOn(fault, at);
    }
  }

  /** Waits until traffic passes again, and then for as long as flows may need to go on. */
  private void lookOn(Fault fault, long atNanos) {
    long limit = 5_000 + 5 * lab.detectionMillis();
    boolean passes =
        Lab.await(
            limit, () -> lab.observer().active().isPresent() && lab.observer().passes());
    long recovered = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - atNanos);
    progress.say(
        passes
            ? lab.observer().active().map(r -> r.node() + " is active").orElse("nobody is active")
            : "traffic does not pass after " + limit / 1000 + " s");
    long until =
        Math.max(
            minimumMillis(fault), recovered + TAIL_MILLIS + (long) (BACK_OFF * recovered));
    sleepUntil(atNanos + TimeUnit.MILLISECONDS.toNanos(until));
  }

  private long minimumMillis(Fault fault) {
    long detection = 2 * lab.detectionMillis() + TAIL_MILLIS;
    return switch (fault.kind()) {
      case AGENT_KILL, AGENT_PAUSE -> Math.max(detection, ADDRESS_LIFETIME_MILLIS + TAIL_MILLIS);
      case RETURN, RESTART, AGENT_STOP, REBOOT, MAINTENANCE, HANDOVER ->
          detection + RETURN_MILLIS;
      case NONE,
          POWER_OFF,
          FREEZE,
          WAN_DOWN,
          LAN_DOWN,
          SYNC_DOWN,
          WAN_SILENT,
          LAN_ONEWAY,
          LINK_DOWN,
          LOSS,
          PARTITION ->
          detection;
    };
  }

  /** Gives back everything and waits until the routers have settled: between two cycles. */
  void heal() {
    while (!outstanding.isEmpty()) {
      outstanding.pop().end();
    }
    Pause.millis(TAIL_MILLIS);
    lab.awaitSettled(SETTLE_LIMIT_MILLIS + 10 * lab.detectionMillis());
  }

  private static String describe(Fault fault, Router target) {
    String node = target.node();
    return switch (fault.kind()) {
      case NONE -> "nothing happens to " + node;
      case POWER_OFF -> node + " loses its power";
      case AGENT_KILL -> node + "'s agent is killed";
      case AGENT_STOP -> node + "'s agent has been stopped";
      case AGENT_PAUSE -> node + "'s agent hangs";
      case FREEZE -> "all routers' processes hang";
      case WAN_DOWN -> node + "'s WAN cable is pulled";
      case LAN_DOWN -> node + "'s LAN cable is pulled";
      case SYNC_DOWN -> node + "'s Sync cable is pulled";
      case WAN_SILENT -> node + "'s WAN goes silent";
      case LAN_ONEWAY -> "nothing from " + node + " reaches the LAN";
      case LINK_DOWN -> "the routers' link is down on every path";
      case LOSS -> fault.percent() + "% of the routers' frames are lost";
      case PARTITION -> "the routers do not see each other";
      case REBOOT -> node + " reboots";
      case HANDOVER -> node + " hands over";
      case MAINTENANCE -> node + " goes into maintenance";
      case RETURN, RESTART -> fault.text();
    };
  }

  private static void sleepUntil(long nanoTime) {
    long left = TimeUnit.NANOSECONDS.toMillis(nanoTime - System.nanoTime());
    if (left > 0) {
      Pause.millis(left);
    }
  }
}
