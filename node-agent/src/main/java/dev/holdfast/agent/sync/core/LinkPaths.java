package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The networks between us and one peer, best first: the Sync network, then the LANs. Which of them
 * flows take is decided anew each time, see {@link #forFlows}.
 */
final class LinkPaths {
  /** As long as so many heartbeats a path must have been heard before flows prefer it. */
  private static final int STEADY_HEARTBEATS = 5;

  private LinkSettings settings;
  private List<LinkPath> paths = List.of();

  LinkPaths(LinkSettings settings) {
    this.settings = settings;
    reconfigure(settings);
  }

  /** Other settings; paths that remain go on without a break. */
  void reconfigure(LinkSettings settings) {
    this.settings = settings;
    List<LinkPath> wanted = new ArrayList<>();
    for (LinkSettings.Path path : settings.paths()) {
      LinkPath kept = on(path.network());
      LinkPath now = kept == null ? new LinkPath(path.network(), path.datagramBytes()) : kept;
      now.datagramBytes = Math.min(path.datagramBytes(), EnvelopeHeader.DATAGRAM_BYTES_MAX);
      wanted.add(now);
    }
    paths = wanted;
  }

  @Nullable LinkPath on(String network) {
    for (LinkPath path : paths) {
      if (path.network.equals(network)) {
        return path;
      }
    }
    return null;
  }

  /** By its number in the settings. */
  LinkPath get(int number) {
    return paths.get(number);
  }

  int count() {
    return paths.size();
  }

  List<LinkPath> all() {
    return paths;
  }

  boolean anyUp() {
    for (LinkPath path : paths) {
      if (path.up()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Number of the path for flows: the best on which both hear each other and that has been steady
   * for {@value #STEADY_HEARTBEATS} heartbeats; else the best of any steadiness; else the best on
   * which we hear the peer; else -1.
   */
  int forFlows(long nowNanos) {
    int unsteady = -1;
    int oneWay = -1;
    for (int number = 0; number < paths.size(); number++) {
      LinkPath path = paths.get(number);
      if (path.bothWays()) {
        if (path.steady(STEADY_HEARTBEATS * settings.heartbeatNanos(), nowNanos)) {
          return number;
        }
        unsteady = unsteady < 0 ? number : unsteady;
      } else if (path.up() && oneWay < 0) {
        oneWay = number;
      }
    }
    return unsteady >= 0 ? unsteady : oneWay;
  }

  /** Where the peer is not heard, its next address gets its turn. */
  void nextTurns() {
    for (LinkPath path : paths) {
      if (!path.up()) {
        path.nextTurn();
      }
    }
  }

  /** Every deadline moves by the length of a stall. */
  void postpone(long nanos) {
    for (LinkPath path : paths) {
      path.postpone(nanos);
    }
  }

  /** When the peer was last heard on any of them; meaningless while it never was. */
  long heardAtNanos() {
    long latest = paths.getFirst().heardAtNanos();
    for (LinkPath path : paths) {
      latest = path.heardAtNanos() - latest > 0 ? path.heardAtNanos() : latest;
    }
    return latest;
  }

  /** Of each network on which the peer is heard: when something last came in there. */
  void arrivals(ObjLongConsumer<String> each) {
    for (LinkPath path : paths) {
      if (path.up()) {
        each.accept(path.network, path.arrivedAtNanos());
      }
    }
  }

  /** Names of the networks on which the peer is heard. */
  List<String> heardOn() {
    return paths.stream().filter(LinkPath::up).map(path -> path.network).toList();
  }
}
