package dev.holdfast.lab.fault;

import java.util.ArrayList;
import java.util.List;

/**
 * What was done to the routers and when, in order. Times are {@link System#nanoTime}; only
 * differences mean something.
 */
public final class Timeline {

  /** What happened. */
  public enum Kind {
    /** The fault began. */
    INJECTED,
    /** What the fault took away is back: the cable, the process, the power. */
    HEALED,
    /** The router's power is gone: whatever its kernel still shows does not exist. */
    POWER_LOST,
    /** The router runs again, with an empty kernel. */
    POWER_BACK
  }

  /**
   * @param atNanos taken immediately before the first system call that did it
   * @param fault as on the command line: {@code power-off}, {@code freeze:500ms}
   * @param router the node name of the one it was done to; empty where it was done to all
   */
  public record Moment(long atNanos, Kind kind, String fault, String router) {}

  private final List<Moment> moments = new ArrayList<>();

  public synchronized void add(Moment moment) {
    moments.add(moment);
  }

  /** A copy. */
  public synchronized List<Moment> moments() {
    return List.copyOf(moments);
  }
}
