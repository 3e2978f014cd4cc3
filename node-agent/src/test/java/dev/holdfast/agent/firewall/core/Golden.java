package dev.holdfast.agent.firewall.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A committed text that must equal what is made now; {@code -Dgolden.update} rewrites it. */
final class Golden {

  private static final Path DIRECTORY = Path.of("src/test/resources/golden/firewall");

  private Golden() {}

  static void check(String name, String made) throws IOException {
    Path file = DIRECTORY.resolve(name);
    if (System.getProperty("golden.update") != null) {
      Files.createDirectories(DIRECTORY);
      Files.writeString(file, made);
      return;
    }
    String remedy =
        "renew it with: mvn -pl node-agent test -Dgolden.update, and read the difference before"
            + " you commit";
    assertThat(file).as(remedy).exists();
    assertThat(made).as("%s is stale; %s", file, remedy).isEqualTo(Files.readString(file));
  }
}
