package dev.holdfast.lab.measure;

import dev.holdfast.lab.LabException;
import dev.holdfast.lab.net.Programs;
import java.util.List;

/** The number of files that this process may have open: every flow needs one at each end. */
final class OpenFiles {

  private OpenFiles() {}

  /**
   * Makes sure that so many can be open, and raises the limit where it is lower.
   *
   * @throws LabException when the machine does not allow it
   */
  static void allow(int wanted) {
    long pid = ProcessHandle.current().pid();
    List<String> read =
        List.of("prlimit", "--pid", "" + pid, "--nofile", "--output", "SOFT", "--noheadings");
    String soft = Programs.run(read).strip();
    if (soft.equals("unlimited") || Long.parseLong(soft) >= wanted) {
      return;
    }
    var result =
        Programs.attempt(
            "", List.of("prlimit", "--pid", "" + pid, "--nofile=" + wanted + ":" + wanted));
    if (result.status() != 0) {
      throw new LabException(
          "this machine allows %s open files, and so many flows need %d: %s"
              .formatted(soft, wanted, result.output().strip()));
    }
  }
}
