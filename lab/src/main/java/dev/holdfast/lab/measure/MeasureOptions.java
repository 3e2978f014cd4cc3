package dev.holdfast.lab.measure;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.lab.measure.traffic.DatagramServer;
import dev.holdfast.lab.measure.traffic.TableFiller;
import java.util.List;
import java.util.function.Consumer;

/**
 * What traffic is driven.
 *
 * @param flows long TCP flows, half of them echo and half push; the first hundred are judged finely
 * @param udpFlows long UDP flows, in every other of which only the server speaks
 * @param table further connections that only fill the routers' tables
 * @param connectionsPerSecond new connections
 * @param portForwards each gets a few long flows from the internet
 * @param startLimitNanos how long the traffic may take until all of it flows
 * @param progress hears what is waited for, a sentence at a time; from the calling thread
 */
public record MeasureOptions(
    int flows,
    int udpFlows,
    int table,
    int connectionsPerSecond,
    List<PortForward> portForwards,
    long startLimitNanos,
    Consumer<String> progress) {

  /** As {@code holdfast lab} does without options. */
  public static final MeasureOptions DEFAULT =
      new MeasureOptions(100, 0, 0, 20, List.of(), 60_000_000_000L, _ -> {});

  public MeasureOptions {
    portForwards = List.copyOf(portForwards);
    check("flows", flows, Integer.MAX_VALUE);
    check("UDP flows", udpFlows, DatagramServer.MOST);
    check("further connections", table, TableFiller.MOST);
    check("new connections a second", connectionsPerSecond, 1_000);
  }

  private static void check(String what, int given, int most) {
    if (given < 0 || given > most) {
      throw new IllegalArgumentException(
          most == Integer.MAX_VALUE
              ? what + " are 0 or more, not " + given
              : what + " are 0 to " + most + ", not " + given);
    }
  }

  /**
   * A port of the WAN that leads to the LAN host.
   *
   * @param virtualAddress on which the port is open
   * @param targetPort where the LAN host listens
   */
  public record PortForward(String name, IpAddress virtualAddress, int port, int targetPort) {}

  public MeasureOptions withFlows(int wanted) {
    return new MeasureOptions(
        wanted, udpFlows, table, connectionsPerSecond, portForwards, startLimitNanos, progress);
  }

  public MeasureOptions withUdpFlows(int wanted) {
    return new MeasureOptions(
        flows, wanted, table, connectionsPerSecond, portForwards, startLimitNanos, progress);
  }

  public MeasureOptions withTable(int wanted) {
    return new MeasureOptions(
        flows, udpFlows, wanted, connectionsPerSecond, portForwards, startLimitNanos, progress);
  }

  public MeasureOptions withPortForwards(List<PortForward> wanted) {
    return new MeasureOptions(
        flows, udpFlows, table, connectionsPerSecond, wanted, startLimitNanos, progress);
  }

  public MeasureOptions withProgress(Consumer<String> listener) {
    return new MeasureOptions(
        flows, udpFlows, table, connectionsPerSecond, portForwards, startLimitNanos, listener);
  }
}
