package dev.holdfast.lab.bench;

import dev.holdfast.lab.fault.Fault;
import java.util.List;
import java.util.Optional;

/** All benches, in the order in which they run. */
final class Benches {

  private static final List<Bench> ALL =
      List.of(
          new FaultBench(Fault.parseList("power-off").getFirst()),
          new FaultBench(Fault.parseList("agent-stop").getFirst()),
          new FaultBench(Fault.parseList("wan-down").getFirst()),
          new FaultBench(Fault.parseList("lan-down").getFirst()),
          new FaultBench(Fault.parseList("power-off").getFirst(), "10ms"),
          new BusyBench(),
          new CommitBench(),
          new FlowsBench(),
          new PolicyBench(),
          new IdleBench());

  private Benches() {}

  static List<Bench> all() {
    return ALL;
  }

  static Optional<Bench> named(String name) {
    return ALL.stream().filter(bench -> bench.name().equals(name)).findFirst();
  }
}
