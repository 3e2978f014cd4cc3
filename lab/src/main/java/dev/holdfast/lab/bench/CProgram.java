package dev.holdfast.lab.bench;

import dev.holdfast.lab.LabException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;

/** A small program in C that comes as source and is compiled where it is needed. */
final class CProgram implements AutoCloseable {

  private final Path folder;
  private final Path program;

  private CProgram(Path folder, Path program) {
    this.folder = folder;
    this.program = program;
  }

  /**
   * @param name of the source beside this class, without {@code .c}
   */
  static CProgram compile(String name) {
    try {
      Path folder = Files.createTempDirectory("holdfast-" + name);
      Path source = folder.resolve(name + ".c");
      try (InputStream in = CProgram.class.getResourceAsStream(name + ".c")) {
        Files.write(source, Objects.requireNonNull(in, name).readAllBytes());
      }
      Path program = folder.resolve(name);
      compile(source, program);
      return new CProgram(folder, program);
    } catch (IOException e) {
      throw new LabException("cannot compile " + name + ".c: " + e.getMessage(), e);
    }
  }

  private static void compile(Path source, Path program) throws IOException {
    Process compiler =
        new ProcessBuilder("cc", "-O2", "-o", program.toString(), source.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (compiler.waitFor() != 0) {
        throw new LabException("cc refused " + source.getFileName() + ": " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while compiling " + source.getFileName(), e);
    }
  }

  /** Room of its own for what the program writes; goes with it. */
  Path folder() {
    return folder;
  }

  Path path() {
    return program;
  }

  @Override
  public void close() {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new LabException("cannot remove " + folder + ": " + e.getMessage(), e);
    }
  }
}
