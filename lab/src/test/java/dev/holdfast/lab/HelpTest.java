package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.Main;
import dev.holdfast.lab.fault.FaultKind;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@DisplayName("The help of the program with the lab beside it")
class HelpTest {

  private final CommandLine program = Main.commandLine();

  @ParameterizedTest
  @EnumSource(FaultKind.class)
  void namesEveryFault(FaultKind kind) {
    assertThat(program.getSubcommands().get("lab").getUsageMessage()).contains(kind.text());
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "status", "check", "lab", "bench"})
  void everyCommandKnowsTheVersion(String command) {
    assertThat(program.getSubcommands().get(command).getCommandSpec().version())
        .singleElement()
        .asString()
        .startsWith("holdfast ");
  }
}
