package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.LinkKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The file of the link key")
class LinkKeyFileTest {
  @TempDir Path folder;
  private Path file = Path.of("link.key");

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("link.key");
    Files.writeString(file, Base64.getEncoder().encodeToString(new byte[32]) + "\n");
    mode("rw-------");
  }

  private void mode(String mode) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private String refusal() {
    return LinkKeyFile.read(file) instanceof LinkKeys.Parsed.Refused(String sentence)
        ? sentence
        : "";
  }

  @Test
  void readsWhatKeygenWrites() {
    assertThat(LinkKeyFile.read(file)).isInstanceOf(LinkKeys.Parsed.Ok.class);
  }

  /** A mounted Secret is readable for the pod's group. */
  @Test
  void aGroupMayReadIt() throws IOException {
    mode("rw-r-----");
    assertThat(refusal()).isEmpty();
  }

  @Test
  void saysHowToCloseAFileThatIsOpenToOthers() throws IOException {
    mode("rw-r--r--");
    assertThat(refusal()).contains("chmod 600 " + file);
  }

  @Test
  void saysHowToMakeAMissingOne() throws IOException {
    Files.delete(file);
    assertThat(refusal()).contains("holdfast keygen --link-key " + file);
  }

  @Test
  void namesTheFileWhoseTextIsNoKeyAndKeepsTheTextToItself() throws IOException {
    Files.writeString(file, "secret\n");
    assertThat(refusal()).startsWith(file.toString()).doesNotContain("secret");
  }
}
