package dev.holdfast.lab.measure.judge;

import dev.holdfast.lab.fault.FaultKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a run must keep to, by its faults and by the resource's own timers.
 *
 * <table>
 * <caption>By fault; D is the detection time</caption>
 * <tr><th>fault</th><th>gap</th><th>role</th></tr>
 * <tr><td>none, freeze, sync-down, link-down</td><td>no probe lost</td><td>stays</td></tr>
 * <tr><td>agent-stop, reboot, restart, return, handover, maintenance</td><td>no probe lost</td>
 *     <td>moves (restart and return: as preemption says)</td></tr>
 * <tr><td>wan-down, lan-down</td><td>50 ms</td><td>moves</td></tr>
 * <tr><td>power-off, agent-kill, agent-pause</td><td>D + 50 ms</td><td>moves</td></tr>
 * <tr><td>power-cycle</td><td>as long as there was no power, and 10 s to boot</td>
 *     <td>not judged</td></tr>
 * <tr><td>wan-silent, lan-oneway on a network with {@code gateways}</td><td>5.05 s</td>
 *     <td>moves</td></tr>
 * <tr><td>cordon, drain, node-delete</td><td>100 ms</td><td>moves</td></tr>
 * <tr><td>chart-upgrade</td><td>100 ms</td><td>not judged</td></tr>
 * <tr><td>operator-delete, helm-uninstall, api-stop</td><td>no probe lost</td><td>stays</td></tr>
 * <tr><td>partition</td><td>D + 50 ms</td><td>not judged</td></tr>
 * <tr><td>loss; wan-silent, lan-oneway without {@code gateways}</td><td>not judged</td>
 *     <td>not judged</td></tr>
 * </table>
 *
 * In all of them: no flow reset, none stalled, no new connection refused; no flow with fast
 * messages pauses longer than the measured gap and one retransmission (of the others {@link
 * FlowJudge} counts those as stalled that pause far longer); two actives never longer than D and
 * two holders never longer than an address's lifetime and a second (a partition, which is just
 * that, excepted); at the end one active router, a kernel of its that tracks the kept flows, and
 * hosts that know it. The gap is judged by the median of the runs, everything else in each run. A
 * stall of the machine itself is allowed for.
 */
public final class Promise {

  /** From the decision to the last neighbour having learned of it. */
  static final double MOVE_MILLIS = 50;

  /** A change that Kubernetes plans. */
  static final double PLANNED_MILLIS = 100;

  /** Virtual addresses live for three seconds without renewal; one more to be taken away. */
  static final double LIFETIME_MILLIS = 4_000;

  /** From the power to the gateway: the agent boots, and one router takes the role. */
  static final double BOOT_MILLIS = 10_000;

  private static final double FIRST_RETRANSMISSION_MILLIS = 200;
  private static final double STALL_MARGIN_MILLIS = 100;

  private final List<FaultKind> faults;
  private final double detectionMillis;
  private final Timers timers;
  private final double powerlessMillis;

  /**
   * @param faults of each run, in order; empty: nothing happens
   * @param powerlessMillis how long all routers are without power, in {@link FaultKind#POWER_CYCLE}
   */
  public Promise(Collection<FaultKind> faults, Timers timers, double powerlessMillis) {
    this.faults = List.copyOf(faults.isEmpty() ? List.of(FaultKind.NONE) : faults);
    this.powerlessMillis = powerlessMillis;
    this.detectionMillis = timers.detectionMillis();
    this.timers = timers;
  }

  private enum RoleRule {
    STAYS,
    MOVES,
    EITHER
  }

  /** The longest gap that the faults allow, 0 for no loss; null where it is not judged. */
  public @Nullable Double gapLimitMillis() {
    double limit = 0;
    for (FaultKind fault : faults) {
      switch (fault) {
        case NONE,
            FREEZE,
            SYNC_DOWN,
            LINK_DOWN,
            AGENT_STOP,
            REBOOT,
            RESTART,
            RETURN,
            HANDOVER,
            MAINTENANCE,
            OPERATOR_DELETE,
            HELM_UNINSTALL,
            API_STOP -> {}
        case CORDON, DRAIN, NODE_DELETE, CHART_UPGRADE -> limit = Math.max(limit, PLANNED_MILLIS);
        case WAN_DOWN, LAN_DOWN -> limit = Math.max(limit, MOVE_MILLIS);
        case POWER_OFF, AGENT_KILL, AGENT_PAUSE, PARTITION ->
            limit = Math.max(limit, detectionMillis + MOVE_MILLIS);
        case POWER_CYCLE -> limit = Math.max(limit, powerlessMillis + BOOT_MILLIS);
        case WAN_SILENT, LAN_ONEWAY -> {
          if (!isProbed(fault)) {
            return null;
          }
          limit = Math.max(limit, Timers.PROBE_MILLIS + MOVE_MILLIS);
        }
        case LOSS -> {
          return null;
        }
      }
    }
    return limit;
  }

  /** Whether the routers can notice it: only the next hops tell that frames vanish. */
  private boolean isProbed(FaultKind fault) {
    return fault == FaultKind.WAN_SILENT ? timers.wanProbed() : timers.lanProbed();
  }

  private RoleRule roleRule(FaultKind fault) {
    return switch (fault) {
      case WAN_SILENT, LAN_ONEWAY -> isProbed(fault) ? RoleRule.MOVES : RoleRule.EITHER;
      case NONE, FREEZE, SYNC_DOWN, LINK_DOWN, OPERATOR_DELETE, HELM_UNINSTALL, API_STOP ->
          RoleRule.STAYS;
      case AGENT_STOP,
          REBOOT,
          HANDOVER,
          MAINTENANCE,
          WAN_DOWN,
          LAN_DOWN,
          POWER_OFF,
          AGENT_KILL,
          CORDON,
          DRAIN,
          NODE_DELETE ->
          RoleRule.MOVES;
      // A pause shorter than the peers' patience moves nothing.
      case AGENT_PAUSE, RESTART, RETURN, PARTITION, LOSS, CHART_UPGRADE, POWER_CYCLE ->
          RoleRule.EITHER;
    };
  }

  /**
   * @return a sentence for each promise that was broken; empty when all were kept
   */
  public List<String> broken(List<Figures> runs) {
    var broken = new ArrayList<String>();
    gap(broken, "up", runs, Figures::gapUpMillis);
    gap(broken, "down", runs, Figures::gapDownMillis);
    for (int i = 0; i < runs.size(); i++) {
      for (String sentence : brokenBy(runs.get(i))) {
        broken.add(runs.size() == 1 ? sentence : "run " + (i + 1) + ": " + sentence);
      }
    }
    return broken;
  }

  /**
   * Of one run only what became of flows and of new connections.
   *
   * @return a sentence for each promise that was broken; empty when all were kept
   */
  public List<String> brokenToFlows(Figures figures) {
    var broken = new ArrayList<String>();
    flows(broken, figures);
    return broken;
  }

  private void gap(
      List<String> broken,
      String way,
      List<Figures> runs,
      Function<Figures, @Nullable Double> figure) {
    Double limit = gapLimitMillis();
    List<Double> measured = runs.stream().map(figure).filter(Objects::nonNull).toList();
    if (limit == null || limit == 0 || measured.isEmpty()) {
      return;
    }
    double allowed = limit + Summary.of(floorStalls(runs)).median();
    double median = Summary.of(measured).median();
    if (median > allowed) {
      broken.add("the gap " + way + " is " + millis(median) + ", promised are " + millis(allowed));
    }
  }

  private static List<Double> floorStalls(List<Figures> runs) {
    return runs.stream().map(Figures::floorStallMillis).toList();
  }

  /** Everything but the gap, of one run. */
  private List<String> brokenBy(Figures figures) {
    var broken = new ArrayList<String>();
    if (figures.probesUnread() > 0) {
      broken.add(figures.probesUnread() + " probes were lost by the lab itself: it proves nothing");
    }
    Double limit = gapLimitMillis();
    if (limit != null && limit == 0 && figures.probesLostUp() + figures.probesLostDown() > 0) {
      broken.add(
          figures.probesLostUp()
              + " probes up and "
              + figures.probesLostDown()
              + " down were lost, promised are none");
    }
    flows(broken, figures);
    roles(broken, figures);
    return broken;
  }

  private void flows(List<String> broken, Figures figures) {
    FlowCounts all = figures.flows();
    if (all.reset() > 0) {
      broken.add(all.reset() + " of " + all.total() + " flows were reset");
    }
    if (all.stalled() > 0) {
      broken.add(all.stalled() + " of " + all.total() + " flows stalled");
    }
    if (figures.newConnections().refused() > 0) {
      broken.add(figures.newConnections().refused() + " new connections were refused");
    }
    Double stall = figures.longestStallMillis();
    double allowed = stallLimitMillis(figures);
    if (stall != null && stall > allowed) {
      broken.add(
          "a flow paused for "
              + millis(stall)
              + ", the gap and one retransmission are "
              + millis(allowed));
    }
  }

  /** TCP tries again after 0.2, 0.6, 1.4, 3.0 … seconds, each a little late. */
  static double stallLimitMillis(Figures figures) {
    double gap =
        Math.max(
            Objects.requireNonNullElse(figures.gapUpMillis(), 0.0),
            Objects.requireNonNullElse(figures.gapDownMillis(), 0.0));
    double retransmission = FIRST_RETRANSMISSION_MILLIS;
    while (retransmission < gap) {
      retransmission = 2 * retransmission + FIRST_RETRANSMISSION_MILLIS;
    }
    return retransmission * 1.25 + STALL_MARGIN_MILLIS + figures.floorStallMillis();
  }

  private void roles(List<String> broken, Figures figures) {
    Double role = figures.roleMillis();
    boolean must = faults.stream().anyMatch(f -> roleRule(f) == RoleRule.MOVES);
    boolean mustNot = faults.stream().allMatch(f -> roleRule(f) == RoleRule.STAYS);
    if (role != null && mustNot) {
      broken.add("the role moved after " + millis(role) + ", and should have stayed");
    }
    if (role == null && must) {
      broken.add("no other router took the role");
    }
    boolean partition = faults.contains(FaultKind.PARTITION);
    double twoActive = detectionMillis + figures.floorStallMillis();
    if (!partition && figures.twoActiveMillis() > twoActive) {
      broken.add(
          "two routers were active for "
              + millis(figures.twoActiveMillis())
              + ", longer than "
              + millis(twoActive));
    }
    if (!partition && figures.twoHoldersMillis() > LIFETIME_MILLIS) {
      broken.add(
          "two routers held an address for "
              + millis(figures.twoHoldersMillis())
              + ", longer than "
              + millis(LIFETIME_MILLIS));
    }
    if (figures.oneActiveAtEnd() == null) {
      broken.add("no router ever sent an advert");
    } else if (!figures.oneActiveAtEnd()) {
      broken.add("at the end not exactly one router is active everywhere");
    }
    if (Boolean.FALSE.equals(figures.flowsTracked())) {
      broken.add(
          "at the end the active router's kernel tracks fewer connections than flows were kept");
    }
    if (Boolean.FALSE.equals(figures.hostCachesRight())) {
      broken.add("at the end a host still believes the address to be elsewhere");
    }
  }

  private static String millis(double value) {
    return String.format(Locale.ROOT, "%.1f ms", value);
  }
}
