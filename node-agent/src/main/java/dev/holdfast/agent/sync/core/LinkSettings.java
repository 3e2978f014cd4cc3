package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.api.addr.IpAddress;
import java.util.List;
import java.util.Map;

/**
 * What the links of a router need to know.
 *
 * @param cluster name of the gateway cluster, bound into every seal
 * @param node our own name
 * @param paths networks to reach peers on, best first: the Sync network, then the LANs; 1 to 16
 * @param peers the other routers
 * @param advertIntervalNanos of VRRP
 */
public record LinkSettings(
    String cluster, String node, List<Path> paths, List<Peer> peers, long advertIntervalNanos) {

  private static final long HEARTBEAT_MAX_NANOS = 20_000_000L;

  /**
   * One network.
   *
   * @param network its name
   * @param datagramBytes what fits into a UDP datagram there unfragmented: MTU less 28 for IPv4,
   *     less 48 for IPv6
   */
  public record Path(String network, int datagramBytes) {}

  /**
   * Another router.
   *
   * @param node its name
   * @param addresses where the resource says that it is, by network; may be empty
   */
  public record Peer(String node, Map<String, List<IpAddress>> addresses) {
    public Peer {
      addresses = Map.copyOf(addresses);
    }
  }

  public LinkSettings {
    paths = List.copyOf(paths);
    peers = List.copyOf(peers);
    if (paths.isEmpty() || paths.size() > EnvelopeHeader.PATHS_MAX) {
      throw new IllegalArgumentException(
          "1 to " + EnvelopeHeader.PATHS_MAX + " paths, not " + paths.size());
    }
  }

  /** Between two heartbeats on one path: 20 ms, or the advert interval where that is shorter. */
  public long heartbeatNanos() {
    return Math.min(HEARTBEAT_MAX_NANOS, advertIntervalNanos);
  }

  /**
   * After this long without a word a path is silent: five heartbeats of the slower side, at most
   * three advert intervals.
   *
   * @param peerHeartbeatNanos what the peer says of its own heartbeats; 0 when it has not yet
   */
  public long silenceNanos(long peerHeartbeatNanos) {
    long slower = Math.max(heartbeatNanos(), peerHeartbeatNanos);
    return Math.min(5 * slower, 3 * advertIntervalNanos);
  }

  /** As {@link #silenceNanos}, of peers whose heartbeats are no slower than ours: the shortest. */
  public static long shortestSilenceNanos(long advertIntervalNanos) {
    return Math.min(
        5 * Math.min(HEARTBEAT_MAX_NANOS, advertIntervalNanos), 3 * advertIntervalNanos);
  }
}
