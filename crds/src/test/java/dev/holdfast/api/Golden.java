package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A committed text that must equal what is made now; {@code -Dgolden.update} rewrites it. */
public final class Golden {

  private Golden() {}

  /** A committed text, for tests that need one. */
  public static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param file from the module's directory
   */
  public static void check(Path file, String made) throws IOException {
    if (System.getProperty("golden.update") != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, made);
      return;
    }
    String remedy =
        "renew it with: mvn -pl crds test -Dgolden.update, and read the difference before you commit";
    assertThat(file).as(remedy).exists();
    assertThat(made).as("%s is stale; %s", file, remedy).isEqualTo(Files.readString(file));
  }
}
