package dev.holdfast.lab.measure;

import dev.holdfast.lab.net.Programs;
import java.util.List;

/** The number of files that this process may have open: every flow needs one at each end. */
final class OpenFiles {

  private OpenFiles() {}

  /**
   * Raises the limit of this process where it is too low and may be raised.
   *
   * @return how many files this process may have open now
   */
  static long allow(long wanted) {
    long pid = ProcessHandle.current().pid();
    String soft =
        Programs.run("prlimit", "--pid", "" + pid, "--nofile", "--output", "SOFT", "--noheadings")
            .strip();
    long allowed = soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
    if (allowed >= wanted) {
      return allowed;
    }
    var raised =
        Programs.attempt(
            "", List.of("prlimit", "--pid", "" + pid, "--nofile=" + wanted + ":" + wanted));
    return raised.status() == 0 ? wanted : allowed;
  }
}
