package dev.holdfast.lab.measure.judge;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The figures of one run. Milliseconds, to a tenth; null where there was nothing to measure.
 *
 * @param gapUpMillis longest gap of the probes from the LAN to the internet
 * @param gapDownMillis the other way
 * @param flowsEcho long flows in which the client speaks first
 * @param flowsPush long flows in which only the server speaks
 * @param flowsUdp long UDP flows; reset: their translation became another
 * @param flowsPortForward long TCP flows from the internet through port forwards
 * @param longestStallMillis longest pause of a judged flow that went on
 * @param longestStallOthersMillis the same of all others, with the time between two of their
 *     messages in it
 * @param roleMillis fault to first advert of the new active, the slowest of the run's faults
 * @param addressMillis fault to the address answering from elsewhere, likewise
 * @param twoActiveMillis two routers advertising the same virtual router
 * @param noActiveMillis nobody advertising
 * @param twoHoldersMillis two kernels with the same virtual address on a live interface
 * @param newConnections short ones, in the whole window
 * @param floorStallMillis longest time for which this machine ran none of the lab's own threads
 * @param oneActiveAtEnd exactly one router, the same for all virtual routers, speaks at the end;
 *     null when nobody was ever heard
 * @param hostCachesRight the hosts believe the virtual addresses to be at the active router; null
 *     when that cannot be said
 * @param tables the sizes of each router's connection table, by its node
 * @param flowsTracked the kernel of the one active router tracks at the end at least as many
 *     connections as long flows were kept; null when that cannot be said
 */
public record Figures(
    @Nullable Double gapUpMillis,
    @Nullable Double gapDownMillis,
    long probesLostUp,
    long probesLostDown,
    FlowCounts flowsEcho,
    FlowCounts flowsPush,
    FlowCounts flowsUdp,
    FlowCounts flowsPortForward,
    @Nullable Double longestStallMillis,
    @Nullable Double longestStallOthersMillis,
    @Nullable Double roleMillis,
    @Nullable Double addressMillis,
    double twoActiveMillis,
    double noActiveMillis,
    double twoHoldersMillis,
    ConnectionCounts newConnections,
    double floorStallMillis,
    @Nullable Boolean oneActiveAtEnd,
    @Nullable Boolean hostCachesRight,
    Map<String, TableSizes> tables,
    @Nullable Boolean flowsTracked,
    long probesUnread,
    List<FaultFigures> faults) {

  public Figures {
    tables = Map.copyOf(tables);
    faults = List.copyOf(faults);
  }

  /** All long flows together. */
  public FlowCounts flows() {
    return flowsEcho.plus(flowsPush).plus(flowsUdp).plus(flowsPortForward);
  }
}
