package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@DisplayName("The command lab")
class LabCommandTest {

  @Test
  void tellsWhatTheRoutersDidNotDoFromWhatThisMachineCannot() {
    assertThat(LabCommand.exit(new LabException("the routers have not settled"))).isEqualTo(1);
    assertThat(LabCommand.exit(new IllegalArgumentException("--runs is 1 or more"))).isEqualTo(2);
    assertThat(LabCommand.exit(LabException.ofMachine("too few open files"))).isEqualTo(3);
    assertThat(LabCommand.exit(LabException.ofMachine("no tool", new IOException()))).isEqualTo(3);
    assertThat(LabCommand.exit(LabException.ofMachine("no tool").saying("\nlogs"))).isEqualTo(3);
    assertThat(LabCommand.exit(new LabException("not settled").saying("\nlogs"))).isEqualTo(1);
  }

  @Test
  void writesWhatWasMeasuredBeforeARunThatFailed() {
    var done = new ArrayList<String>();

    assertThatThrownBy(
            () ->
                LabCommand.inAnyCase(
                    () -> {
                      done.add("six runs");
                      throw new LabException("the seventh");
                    },
                    () -> done.add("report")))
        .hasMessage("the seventh");
    assertThat(done).containsExactly("six runs", "report");
  }

  @Test
  void aReportThatCannotBeWrittenEitherDoesNotHideWhy() {
    assertThatThrownBy(
            () ->
                LabCommand.inAnyCase(
                    () -> {
                      throw new LabException("the run");
                    },
                    () -> {
                      throw LabException.ofMachine("the disk");
                    }))
        .hasMessage("the run")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
  }

  @ParameterizedTest
  @CsvSource({"90s, 90", "10m, 600", "2h, 7200", "1.5h, 5400"})
  void soaksForHoursToo(String text, long seconds) {
    assertThat(LabCommand.soakNanos(text)).isEqualTo(seconds * 1_000_000_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "h", "2d", "2mh", "2hh", "", "-1h"})
  void saysWhatADurationIs(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LabCommand.soakNanos(text))
        .withMessage("--soak is a number and ms, s, m or h, like 90s or 2h, not \"%s\"", text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--table 1000001",
        "--udp-flows 50001",
        "--flows -1",
        "--runs 0",
        "--soak 2d",
        "--json no/such/folder/report.json",
        "--timeline no/such/folder/line.svg"
      })
  void refusesWhatCannotBeBeforeAnythingIsBuilt(String options) {
    assertThatIllegalArgumentException().isThrownBy(() -> command(options).checkUsage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--table 1000000 --udp-flows 50000", "--soak 12h", "--json report.json --runs 3"})
  void takesWhatCanBe(String options) {
    command(options).checkUsage();
  }

  private static LabCommand command(String options) {
    var command = new LabCommand();
    new CommandLine(command).parseArgs(options.split(" ", -1));
    return command;
  }
}
