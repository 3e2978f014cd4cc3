package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.FirewallPlanner;
import dev.holdfast.agent.firewall.core.Policies;
import dev.holdfast.agent.firewall.core.RouterFacts;
import dev.holdfast.agent.firewall.core.Ruleset;
import dev.holdfast.agent.linux.Clocks;
import dev.holdfast.agent.shell.IptablesRunner.Outcome;
import dev.holdfast.api.addr.Family;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Loading a policy into a real kernel")
class IptablesRunnerNetnsIT {

  private FirewallWorld world;

  @BeforeEach
  void build() {
    world = new FirewallWorld();
  }

  @AfterEach
  void tearDown() {
    world.close();
  }

  @ParameterizedTest
  @EnumSource
  void printsWhatWasLoaded(BackEnd backEnd) {
    Ruleset article = FirewallPlanner.plan(Policies.example("article"), RouterFacts.NONE);

    assertThat(apply(runner(backEnd), article)).isEqualTo(new Outcome.Applied(true));
    assertThat(apply(runner(backEnd), article)).isEqualTo(new Outcome.Applied(false));

    System.out.println(world.saved(backEnd, Family.IPV4));
  }

  private IptablesRunner runner(BackEnd backEnd) {
    IptablesRunner runner =
        world.network.call(
            world.router,
            () ->
                new IptablesRunner(
                    IptablesPrograms.find(backEnd).orElseThrow(),
                    new FirewallStore(world.stateDir),
                    Clocks::bootNanos,
                    IptablesRunner.Steps.NONE));
    world.network.call(
        world.router,
        () -> {
          runner.repairAfterCrash();
          return true;
        });
    return runner;
  }

  private Outcome apply(IptablesRunner runner, Ruleset ruleset) {
    return world.network.call(world.router, () -> runner.apply(ruleset, Map.of()));
  }
}
