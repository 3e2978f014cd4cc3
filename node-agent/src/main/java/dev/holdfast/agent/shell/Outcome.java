package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Errno;
import java.util.List;

/**
 * What came of doing several things.
 *
 * @param done those that are so now, whether by us or before
 * @param refused those that the kernel refused, and why
 */
public record Outcome<T>(List<T> done, List<Refused<T>> refused) {

  public Outcome {
    done = List.copyOf(done);
    refused = List.copyOf(refused);
  }

  /**
   * One refusal.
   *
   * @param errno positive, as in {@link Errno}
   */
  public record Refused<T>(T what, int errno) {
    @Override
    public String toString() {
      return what + ": " + Errno.describe(errno);
    }
  }

  public boolean isComplete() {
    return refused.isEmpty();
  }
}
