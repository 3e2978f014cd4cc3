package dev.holdfast.lab.stack;

import dev.holdfast.lab.LabException;
import dev.holdfast.lab.net.Programs;
import java.nio.file.Path;
import java.util.List;

/** The programs that run on one router. Methods are called by the lab's main thread only. */
public sealed interface RouterSoftware permits HoldfastSoftware, KeepalivedSoftware, NodeSoftware {

  /** For people: {@code holdfast}, {@code keepalived}. */
  String name();

  /** Starts everything on a router that has just booted. Returns before it has found its role. */
  void start();

  /** Starts again what {@link #stop} or a kill ended; what still runs stays. */
  void restartSpeaker();

  /** Every process of the router, children included. */
  List<ProcessHandle> processes();

  /** Those that hold the role and send the adverts. */
  List<ProcessHandle> speakers();

  /**
   * Stops everything the way an init system does, and returns when it has ended.
   *
   * @param limitMillis after that long the rest is killed
   */
  void stop(long limitMillis);

  /** Forgets what a tmpfs held: the power is gone, and every process with it. */
  void powerLost();

  /**
   * Runs one of our agent's commands.
   *
   * @return its output
   * @throws LabException when it failed, with what it said; always, where there is no such agent
   */
  default String command(String name, List<String> arguments) {
    throw new LabException(name() + " has no command '" + name + "'");
  }

  /** What the speaker logs. */
  Path logFile();

  /** The last lines of its log, for a person who looks for the reason of a failure. */
  default String logTail() {
    return Programs.attempt("", List.of("tail", "-n", "12", logFile().toString())).output();
  }
}
