package dev.holdfast.lab.measure.judge;

import java.util.Collection;

/** How the new connections of a run fared. */
public record ConnectionCounts(long ok, long refused, long timedOut) {

  public static ConnectionCounts of(Collection<ConnectionRecord> connections, Span window) {
    long ok = 0;
    long refused = 0;
    long timedOut = 0;
    for (ConnectionRecord connection : connections) {
      if (window.contains(connection.nanos())) {
        switch (connection.outcome()) {
          case OK -> ok++;
          case REFUSED -> refused++;
          case TIMED_OUT -> timedOut++;
        }
      }
    }
    return new ConnectionCounts(ok, refused, timedOut);
  }

  public ConnectionCounts plus(ConnectionCounts other) {
    return new ConnectionCounts(ok + other.ok, refused + other.refused, timedOut + other.timedOut);
  }

  /** As the tables show it: {@code 120 / 0 / 3}. */
  @Override
  public String toString() {
    return ok + " / " + refused + " / " + timedOut;
  }
}
