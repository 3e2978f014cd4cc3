package dev.holdfast.lab.bench;

import dev.holdfast.lab.LabException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One endless loop for each processor, of ordinary priority: nothing is idle while it is open. */
final class Burners implements AutoCloseable {

  private final List<Process> loops = new ArrayList<>();

  private Burners() {}

  static Burners light() {
    var burners = new Burners();
    try {
      for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
        burners.loops.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
      }
      return burners;
    } catch (IOException e) {
      burners.close();
      throw new LabException("cannot keep the processors busy: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    loops.forEach(Process::destroyForcibly);
  }
}
