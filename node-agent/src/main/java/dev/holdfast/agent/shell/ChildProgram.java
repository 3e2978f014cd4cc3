package dev.holdfast.agent.shell;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs a program of the host to its end: text in, text out, in the C locale. The program lives in
 * the network namespace of the calling thread.
 */
final class ChildProgram {

  private static final List<String> FOLDERS =
      List.of("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin");

  private ChildProgram() {}

  /**
   * How it ended.
   *
   * @param exit its exit code
   */
  record Ended(int exit, String output, String errors) {}

  /** Where a program is: in the folders of system programs, or in those of PATH. */
  static Optional<Path> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.concat(FOLDERS.stream(), Stream.of(path.split(":", -1)))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * @param input for its standard input
   * @param atMostSeconds a program that takes longer is ended
   * @throws UncheckedIOException when it cannot be started, or took too long
   */
  static Ended run(List<String> command, String input, long atMostSeconds) {
    String name = String.join(" ", command);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C");
    try {
      Process process = builder.start();
      CompletableFuture<String> errors =
          CompletableFuture.supplyAsync(() -> text(process.getErrorStream()), DRAIN);
      CompletableFuture<String> output =
          CompletableFuture.supplyAsync(() -> text(process.getInputStream()), DRAIN);
      CompletableFuture<Void> fed =
          CompletableFuture.runAsync(() -> feed(process.getOutputStream(), input), DRAIN);
      if (!process.waitFor(atMostSeconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new UncheckedIOException(
            new IOException(name + " did not end within " + atMostSeconds + " s"));
      }
      fed.join();
      return new Ended(process.exitValue(), output.join(), errors.join());
    } catch (IOException e) {
      throw new UncheckedIOException(name + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException(name + ": interrupted"));
    }
  }

  private static final Executor DRAIN = task -> Thread.ofVirtual().name("child-io").start(task);

  private static String text(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return ""; // It was ended by us.
    }
  }

  private static void feed(OutputStream stream, String input) {
    try (stream) {
      stream.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It ended without reading everything; its exit code says why.
      return;
    }
  }
}
