package dev.holdfast.lab.net;

import dev.holdfast.lab.LabException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs other programs; what they say on failure becomes the exception's sentence. */
public final class Programs {

  private Programs() {}

  /** Runs to the end and returns standard output; an exit status other than 0 throws. */
  public static String run(List<String> command) {
    return feed("", command);
  }

  public static String run(String... command) {
    return run(List.of(command));
  }

  /** As {@link #run}, with {@code input} on standard input. */
  public static String feed(String input, List<String> command) {
    Result result = attempt(input, command);
    if (result.status() != 0) {
      throw new LabException(
          "'%s' failed with status %d: %s"
              .formatted(String.join(" ", command), result.status(), result.output().strip()));
    }
    return result.output();
  }

  /**
   * @param output standard output, or on failure standard error (and output, where that was empty)
   */
  public record Result(int status, String output) {}

  /** Runs to the end, whatever the exit status. */
  public static Result attempt(String input, List<String> command) {
    try {
      Process process = new ProcessBuilder(command).start();
      var errors = new StringBuilder();
      Thread reader =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      errors.append(
                          new String(
                              process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
                    } catch (IOException e) {
                      errors.append(e.getMessage());
                    }
                  });
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException ignored) {
        // It ended without reading; its exit status says whether that is wrong.
      }
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      reader.join();
      boolean failed = status != 0 && !errors.isEmpty();
      return new Result(status, failed ? errors.toString() : output);
    } catch (IOException e) {
      throw LabException.ofMachine(
          "cannot start '" + command.getFirst() + "': " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while '" + command.getFirst() + "' ran", e);
    }
  }

  /** Starts a program that goes on; both outputs are appended to {@code log}. */
  public static Process start(File log, List<String> command) {
    try {
      return new ProcessBuilder(command)
          .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
          .start();
    } catch (IOException e) {
      throw LabException.ofMachine(
          "cannot start '" + command.getFirst() + "': " + e.getMessage(), e);
    }
  }
}
