package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.Ruleset;
import dev.holdfast.agent.linux.Clocks;
import java.nio.file.Path;
import java.util.Map;

/** A process that changes policies without end, to be killed while it does. */
public final class FirewallCrasher {

  private FirewallCrasher() {}

  /**
   * @param arguments state folder, back end
   */
  public static void main(String[] arguments) {
    IptablesRunner runner =
        new IptablesRunner(
            IptablesPrograms.find(BackEnd.valueOf(arguments[1])).orElseThrow(),
            new FirewallStore(new DiskStore(Path.of(arguments[0]))),
            Clocks::bootNanos,
            IptablesRunner.Steps.NONE);
    runner.repairAfterCrash();
    Ruleset[] policies = {Rulesets.open(1111), Rulesets.open(2222)};
    System.out.println("ready");
    while (true) {
      for (Ruleset policy : policies) {
        runner.apply(policy, Map.of());
      }
    }
  }
}
