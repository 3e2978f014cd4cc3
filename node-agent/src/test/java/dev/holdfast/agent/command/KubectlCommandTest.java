package dev.holdfast.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

@DisplayName("kubectl gateway")
class KubectlCommandTest {

  private static final Pattern COMMAND = Pattern.compile("kubectl gateway (\\w[^`#\n|]*)");

  @Test
  void takesEveryCommandThatThePagesShow() throws IOException {
    List<String> shown = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("../docs"))) {
      for (Path page : files.filter(file -> file.toString().endsWith(".md")).toList()) {
        COMMAND
            .matcher(Files.readString(page))
            .results()
            .forEach(found -> shown.add(found.group(1).strip()));
      }
    }
    assertThat(shown).hasSizeGreaterThan(4);

    List<String> refused = new ArrayList<>();
    for (String command : shown) {
      try {
        new CommandLine(new KubectlCommand()).parseArgs(command.split(" +"));
      } catch (CommandLine.ParameterException e) {
        refused.add("kubectl gateway " + command + ": " + e.getMessage());
      }
    }
    assertThat(refused).isEmpty();
  }
}
