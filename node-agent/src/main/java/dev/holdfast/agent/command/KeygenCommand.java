package dev.holdfast.agent.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code holdfast keygen}: makes a key for the sealed link. */
@Command(
    name = "keygen",
    description = {
      "Writes a new link key: 32 random bytes as one line of base64.",
      "Give the same file, mode 0600, to every router of the cluster."
    },
    mixinStandardHelpOptions = true)
public final class KeygenCommand implements Callable<Integer> {

  private static final int KEY_BYTES = 32;

  @Option(
      names = "--link-key",
      paramLabel = "FILE",
      description =
          "Write there (mode 0600, never over an existing file) instead of to standard output.")
  @Nullable Path file;

  @Override
  public Integer call() {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    String line = Base64.getEncoder().encodeToString(key) + "\n";
    if (file == null) {
      System.out.print(line);
      return Exit.DONE;
    }
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(file, line.getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
      return Exit.DONE;
    } catch (FileAlreadyExistsException e) {
      System.err.println(
          "holdfast: "
              + file
              + " exists already; a key that is in use is not overwritten. Move it away first.");
    } catch (IOException e) {
      System.err.println("holdfast: cannot write " + file + ": " + e);
    }
    return Exit.REFUSED;
  }
}
