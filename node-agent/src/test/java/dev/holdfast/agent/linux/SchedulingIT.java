package dev.holdfast.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Real-time scheduling")
class SchedulingIT {

  private static <T> T onOwnThread(Callable<T> body) throws Exception {
    var task = new FutureTask<>(body);
    Thread.ofPlatform().daemon().start(task);
    return task.get();
  }

  @Test
  void concernsTheCallingThreadOnlyAndNotItsChildren() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    boolean[] child = new boolean[1];
    boolean parent =
        onOwnThread(
            () -> {
              var outcome = Scheduling.realTime(Scheduling.Policy.ROUND_ROBIN, 10);
              assertThat(outcome).isEqualTo(new Scheduling.Outcome(true, ""));
              child[0] = onOwnThread(Scheduling::isRealTime);
              return Scheduling.isRealTime();
            });
    assertThat(parent).isTrue();
    assertThat(child[0]).isFalse();
    assertThat(Scheduling.isRealTime()).isFalse();
  }

  @Test
  void beforeOrdinaryWorkAreAllThreadsAndWhatTheyStart() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    // In a process of its own: there is no way back for all threads of this one.
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Niceness.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).endsWith("before 0 permitted true here -20 new thread -20\n");
  }

  /** Says what becomes of a process's threads. */
  static final class Niceness {
    private Niceness() {}

    public static void main(String[] args) throws Exception {
      String before = "before " + Scheduling.nice();
      boolean permitted = Scheduling.beforeOrdinaryWork().permitted();
      int child = onOwnThread(Scheduling::nice);
      System.out.println(
          before
              + " permitted "
              + permitted
              + " here "
              + Scheduling.nice()
              + " new thread "
              + child);
    }
  }

  @Test
  void saysWhyItIsNotPermitted() throws Exception {
    var outcome = onOwnThread(() -> Scheduling.realTime(Scheduling.Policy.FIFO, 1000));
    assertThat(outcome.permitted()).isFalse();
    assertThat(outcome.reason()).contains("EINVAL", "LimitRTPRIO");
  }

  @Test
  void clocksRunOnTheScaleOfTheJvm() {
    long before = System.nanoTime();
    long monotonic = Clocks.monotonicNanos();
    assertThat(monotonic).isBetween(before, System.nanoTime());
    assertThat(Clocks.bootNanos()).isGreaterThanOrEqualTo(monotonic);
    assertThat(Clocks.realtimeNanos() / 1_000_000_000)
        .isCloseTo(System.currentTimeMillis() / 1000, org.assertj.core.data.Offset.offset(2L));
  }

  @Test
  void saysWhetherAProcessIsThere() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    assertThat(Signals.send(process.pid(), Signals.SIGSTOP)).isTrue();
    assertThat(Signals.send(process.pid(), Signals.SIGKILL)).isTrue();
    process.waitFor();
    assertThat(Signals.send(process.pid(), Signals.SIGTERM)).isFalse();
  }
}
