package dev.holdfast.lab.report;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.fault.FaultKind;
import dev.holdfast.lab.measure.judge.Timers;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What was the same in all runs of a report.
 *
 * @param cluster the resource's name
 * @param stack which software the routers ran
 * @param nat as the option {@code --nat} has it
 * @param sync as the option {@code --sync} has it
 * @param faults injected one after the other in each run; empty: nothing happened
 * @param flows long TCP flows
 * @param udpFlows long UDP flows
 * @param table further connections in the routers' tables
 */
public record Setting(
    String cluster,
    String stack,
    String nat,
    String sync,
    List<Fault> faults,
    int flows,
    int udpFlows,
    int table,
    Timers timers) {

  public Setting {
    faults = List.copyOf(faults);
  }

  /** How long all routers are without power. */
  double powerlessMillis() {
    return faults.stream()
        .filter(fault -> fault.kind() == FaultKind.POWER_CYCLE)
        .mapToDouble(fault -> fault.lastsNanos() / 1e6)
        .max()
        .orElse(0);
  }

  /** As on the command line: {@code sync-down,power-off}. */
  public String faultText() {
    return faults.isEmpty()
        ? "none"
        : faults.stream().map(Fault::text).collect(Collectors.joining(","));
  }

  /** One line for people. */
  public String describe() {
    return "%s on %s: %d flows%s%s, source NAT %s, adverts every %s"
        .formatted(
            faultText(),
            stack,
            flows,
            udpFlows == 0 ? "" : ", " + udpFlows + " of UDP",
            table == 0 ? "" : " and " + table + " further connections",
            nat,
            interval());
  }

  private String interval() {
    long millis = timers.advertIntervalNanos() / 1_000_000;
    return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
  }
}
