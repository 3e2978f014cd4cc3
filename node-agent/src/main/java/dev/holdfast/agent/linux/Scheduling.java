package dev.holdfast.agent.linux;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Real-time scheduling and locked memory. Each call says whether the system permitted it: a router
 * without the right is slower under load, not broken.
 */
public final class Scheduling {
  private static final int SCHED_RR = 2;
  private static final int SCHED_FIFO = 1;

  /** Threads and processes started from a real-time thread begin as ordinary ones. */
  private static final int SCHED_RESET_ON_FORK = 0x40000000;

  private static final int MCL_CURRENT = 1;
  private static final int MCL_FUTURE = 2;
  private static final int MCL_ONFAULT = 4;

  /** {@code setpriority}: of one thread, by its number; 0 is the calling one. */
  private static final int PRIO_PROCESS = 0;

  private static final int NICE_FIRST = -20;

  private static final Path TASKS = Path.of("/proc/self/task");

  private Scheduling() {}

  /** Which real-time policy: equal priorities take turns, or run until they wait. */
  public enum Policy {
    ROUND_ROBIN(SCHED_RR),
    FIFO(SCHED_FIFO);

    private final int number;

    Policy(int number) {
      this.number = number;
    }
  }

  /**
   * What came of it.
   *
   * @param permitted whether it is so now
   * @param reason empty, or why not, as a sentence
   */
  public record Outcome(boolean permitted, String reason) {
    private static final Outcome PERMITTED = new Outcome(true, "");
  }

  /**
   * Makes the calling thread a real-time thread.
   *
   * @param priority 1 to 99; the kernel's own threads use 50 and 99
   */
  public static Outcome realTime(Policy policy, int priority) {
    return realTime(0, policy, priority);
  }

  /**
   * Gives those of the virtual machine's own threads a real-time priority too that ours wait for:
   * otherwise ordinary load delays the pause that our thread is stopped for. The serial collector
   * works in one of them. The first compiler belongs to them: while it replaces a method's code,
   * whoever calls that method tries over and over, and would never let the compiler go on.
   *
   * @return the first refusal, or permitted
   */
  public static Outcome realTimeMachineThreads(Policy policy, int priority) {
    Outcome outcome = Outcome.PERMITTED;
    for (int thread : threads(Scheduling::isWaitedFor)) {
      Outcome one = realTime(thread, policy, priority);
      outcome = outcome.permitted() ? one : outcome;
    }
    return outcome;
  }

  private static boolean isWaitedFor(String name) {
    return name.equals("VM Thread")
        || name.startsWith("GC Thread")
        || name.startsWith("C1 Compiler");
  }

  /**
   * Puts every thread before ordinary work, and so those that they start from now on, programs
   * included: a pause of the virtual machine begins when each thread has come to a place where it
   * can stop, the compilers' threads too, and one that waits for a processor does not get there.
   * Threads that a real-time thread starts are not meant by it: the kernel has them begin as
   * ordinary ones.
   *
   * @return the first refusal, or permitted
   */
  public static Outcome beforeOrdinaryWork() {
    Outcome outcome = Outcome.PERMITTED;
    for (int thread : threads(_ -> true)) {
      if (LibC.setpriority(PRIO_PROCESS, thread, NICE_FIRST) != 0 && outcome.permitted()) {
        outcome = refused("setpriority(" + NICE_FIRST + ")", "needs CAP_SYS_NICE");
      }
    }
    return outcome;
  }

  /** The calling thread's nice value, -20 (first) to 19. */
  static int nice() {
    return LibC.getpriority(PRIO_PROCESS, 0);
  }

  private static Outcome realTime(int thread, Policy policy, int priority) {
    Block parameters = new Block(4);
    parameters.bytes.putInt(0, priority);
    int result =
        LibC.sched_setscheduler(thread, policy.number | SCHED_RESET_ON_FORK, parameters.address);
    return result == 0
        ? Outcome.PERMITTED
        : refused(
            "sched_setscheduler(" + policy + ", " + priority + ")",
            "needs CAP_SYS_NICE or a real-time limit (LimitRTPRIO in systemd)");
  }

  /** True when the calling thread runs under a real-time policy now. */
  public static boolean isRealTime() {
    int policy = LibC.sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    return policy == SCHED_RR || policy == SCHED_FIFO;
  }

  /**
   * Keeps the process's memory from being swapped out.
   *
   * @param onFault lock pages when first touched, instead of touching all of them now: without it
   *     every reserved stack and heap page becomes resident
   */
  public static Outcome lockMemory(boolean onFault) {
    int flags = MCL_CURRENT | MCL_FUTURE | (onFault ? MCL_ONFAULT : 0);
    return LibC.mlockall(flags) == 0
        ? Outcome.PERMITTED
        : refused("mlockall()", "needs CAP_IPC_LOCK or a limit (LimitMEMLOCK in systemd)");
  }

  private static Outcome refused(String call, String hint) {
    return new Outcome(false, call + ": " + Errno.describe(LibC.errno()) + "; " + hint);
  }

  /** Thread ids of this process whose name in the kernel (at most 15 bytes) is wanted. */
  private static int[] threads(Predicate<String> wanted) {
    var found = IntStream.builder();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
      for (Path task : tasks) {
        if (wanted.test(name(task))) {
          found.add(Integer.parseInt(task.getFileName().toString()));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return found.build().toArray(); // What was found is better than nothing.
    }
    return found.build().toArray();
  }

  /** Empty for a thread that has ended meanwhile. */
  private static String name(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
