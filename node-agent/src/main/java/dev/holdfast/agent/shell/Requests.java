package dev.holdfast.agent.shell;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One request per thing, all with one system call. */
final class Requests {
  private Requests() {}

  /**
   * @param requests one for each of {@code things}, same order
   * @param harmless errnos that mean that it is done already
   */
  static <T> Outcome<T> doAll(
      Rtnetlink rtnetlink, List<T> things, List<ByteBuffer> requests, int... harmless) {
    boolean[] failed = new boolean[things.size()];
    var refused = new ArrayList<Outcome.Refused<T>>();
    rtnetlink.requestAll(
        requests,
        (index, errno) -> {
          if (Arrays.stream(harmless).noneMatch(none -> none == errno)) {
            failed[index] = true;
            refused.add(new Outcome.Refused<>(things.get(index), errno));
          }
        });
    var done = new ArrayList<T>();
    for (int i = 0; i < failed.length; i++) {
      if (!failed[i]) {
        done.add(things.get(i));
      }
    }
    return new Outcome<>(done, refused);
  }
}
