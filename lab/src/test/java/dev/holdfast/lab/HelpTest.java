package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.Main;
import dev.holdfast.lab.fault.FaultKind;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@DisplayName("The help of the program with the lab beside it")
class HelpTest {

  private static CommandLine command(String name) {
    return Objects.requireNonNull(Main.commandLine().getSubcommands().get(name));
  }

  @ParameterizedTest
  @EnumSource(FaultKind.class)
  void namesEveryFault(FaultKind kind) {
    assertThat(command("lab").getUsageMessage()).contains(kind.text());
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "status", "check", "lab", "bench"})
  void everyCommandKnowsTheVersion(String name) {
    assertThat(command(name).getCommandSpec().version())
        .singleElement()
        .asString()
        .startsWith("holdfast ");
  }
}
