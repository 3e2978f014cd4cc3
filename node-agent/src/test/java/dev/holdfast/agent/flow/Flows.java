package dev.holdfast.agent.flow;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;

/** Flows for tests, as a kernel would describe them. */
public final class Flows {
  /** Seen both ways, assured, confirmed, both sides of NAT set up. */
  public static final int ESTABLISHED_STATUS =
      FlowStatus.SEEN_REPLY
          | FlowStatus.ASSURED
          | FlowStatus.CONFIRMED
          | FlowStatus.SRC_NAT_DONE
          | FlowStatus.DST_NAT_DONE;

  private Flows() {}

  /** An established TCP flow, untranslated. */
  public static FlowEntry tcp(String source, int sport, String destination, int dport) {
    FlowEntry flow = flow(IpProtocol.TCP, source, sport, destination, dport);
    flow.state = FlowState.TCP_ESTABLISHED;
    flow.timeoutSeconds = 432_000;
    flow.has |= FlowEntry.HAS_TCP_STATE;
    return flow;
  }

  /** A UDP flow, untranslated. */
  public static FlowEntry udp(String source, int sport, String destination, int dport) {
    return flow(IpProtocol.UDP, source, sport, destination, dport);
  }

  private static FlowEntry flow(
      int protocol, String source, int sport, String destination, int dport) {
    var flow = new FlowEntry();
    tuple(flow.original, protocol, source, destination);
    flow.original.ports(sport, dport);
    flow.reply.invert(flow.original);
    flow.status = ESTABLISHED_STATUS;
    flow.timeoutSeconds = 120;
    flow.has = FlowEntry.HAS_STATUS | FlowEntry.HAS_TIMEOUT | FlowEntry.HAS_REPLY;
    return flow;
  }

  /** Sets addresses and protocol of a tuple. */
  public static void tuple(FlowTuple into, int protocol, String source, String destination) {
    into.clear();
    into.protocol = protocol;
    switch (IpAddress.parse(source)) {
      case Ipv4Address from ->
          into.ipv4(from.bits(), ((Ipv4Address) IpAddress.parse(destination)).bits());
      case Ipv6Address from -> {
        var to = (Ipv6Address) IpAddress.parse(destination);
        into.ipv6 = true;
        into.sourceHigh = from.high();
        into.sourceLow = from.low();
        into.destinationHigh = to.high();
        into.destinationLow = to.low();
      }
    }
  }

  /** The same flow with its source translated to {@code address}:{@code port}. */
  public static FlowEntry translateSource(FlowEntry flow, String address, int port) {
    var to = new FlowTuple();
    tuple(to, flow.original.protocol, address, address);
    flow.reply.destinationHigh = to.destinationHigh;
    flow.reply.destinationLow = to.destinationLow;
    flow.reply.ports(flow.reply.sourcePort(), port);
    flow.status |= FlowStatus.SRC_NAT;
    flow.markTranslations();
    return flow;
  }

  /** The same flow with its destination translated to {@code address}:{@code port}. */
  public static FlowEntry translateDestination(FlowEntry flow, String address, int port) {
    var to = new FlowTuple();
    tuple(to, flow.original.protocol, address, address);
    flow.reply.sourceHigh = to.sourceHigh;
    flow.reply.sourceLow = to.sourceLow;
    flow.reply.ports(port, flow.reply.destinationPort());
    flow.status |= FlowStatus.DST_NAT;
    flow.markTranslations();
    return flow;
  }

  /** An FTP server's data connection, foretold by its control connection. */
  public static ExpectEntry expectation(int port) {
    var expectation = new ExpectEntry();
    tuple(expectation.master, IpProtocol.TCP, "10.1.0.2", "10.2.0.2");
    expectation.master.ports(50301, 21);
    tuple(expectation.expected, IpProtocol.TCP, "10.2.0.2", "10.2.0.251");
    expectation.expected.ports(0, port);
    tuple(expectation.mask, IpProtocol.TCP, "255.255.255.255", "255.255.255.255");
    expectation.mask.ports(0, 0xffff);
    tuple(expectation.nat, IpProtocol.TCP, "0.0.0.0", "0.0.0.0");
    expectation.nat.ports(port, 0);
    expectation.natDirection = 1;
    expectation.timeoutSeconds = 300;
    expectation.helper.set("ftp");
    expectation.function.set("nat-follow-master");
    expectation.has =
        ExpectEntry.HAS_TIMEOUT
            | ExpectEntry.HAS_FLAGS
            | ExpectEntry.HAS_CLASS
            | ExpectEntry.HAS_NAT
            | ExpectEntry.HAS_HELPER
            | ExpectEntry.HAS_FUNCTION;
    return expectation;
  }
}
