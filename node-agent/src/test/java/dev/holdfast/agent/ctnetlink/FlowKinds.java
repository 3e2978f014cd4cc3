package dev.holdfast.agent.ctnetlink;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.IpProtocol;
import java.util.ArrayList;
import java.util.List;

/** Flows of all protocols that the kernel tracks. */
public final class FlowKinds {
  private FlowKinds() {}

  private static FlowEntry bare(int protocol, String source, String destination, int l4) {
    FlowEntry flow = Flows.udp(source, 0, destination, 0);
    flow.original.protocol = protocol;
    flow.original.l4 = l4;
    flow.reply.invert(flow.original);
    flow.timeoutSeconds = 600;
    return flow;
  }

  private static FlowEntry icmp(int protocol, String source, String destination, int type) {
    var tuple = new FlowTuple();
    tuple.icmp(763, type, 0);
    return bare(protocol, source, destination, tuple.l4);
  }

  /** One of every kind that the kernel tracks in its own way. */
  public static List<FlowEntry> all() {
    List<FlowEntry> flows = new ArrayList<>();
    flows.add(Flows.tcp("10.1.0.2", 50001, "10.2.0.2", 8005));
    flows.add(
        Flows.translateSource(Flows.tcp("10.1.0.2", 50002, "10.2.0.2", 8001), "10.2.0.1", 40095));
    flows.add(
        Flows.translateSource(Flows.tcp("10.1.0.2", 50003, "10.2.0.2", 8002), "10.2.0.1", 50003));
    flows.add(
        Flows.translateDestination(
            Flows.tcp("10.1.0.2", 50004, "10.1.0.1", 8080), "10.2.0.2", 8003));
    flows.add(
        Flows.translateDestination(
            Flows.translateSource(Flows.tcp("10.1.0.2", 50005, "10.1.0.1", 8080), "10.1.0.1", 1024),
            "10.1.0.50",
            80));
    flows.add(Flows.udp("10.1.0.2", 5353, "10.2.0.2", 53));
    flows.add(
        Flows.translateSource(Flows.udp("10.1.0.2", 5354, "10.2.0.2", 53), "10.2.0.1", 41003));
    flows.add(icmp(IpProtocol.ICMP, "10.1.0.2", "10.2.0.2", 8));
    FlowEntry ping = icmp(IpProtocol.ICMP, "10.1.0.2", "10.2.0.3", 8);
    ping.reply.destinationLow = 0x0a02_0001L;
    ping.markTranslations();
    flows.add(ping);
    FlowEntry renumbered = icmp(IpProtocol.ICMP, "10.1.0.4", "10.2.0.3", 8);
    renumbered.reply.destinationLow = 0x0a02_0001L;
    renumbered.reply.icmp(4711, 0, 0);
    renumbered.markTranslations();
    flows.add(renumbered);
    flows.add(icmp(IpProtocol.ICMPV6, "fd01::2", "fd02::2", 128));
    flows.add(bare(IpProtocol.GRE, "10.1.0.2", "10.2.0.2", 0x0102_0304));
    flows.add(bare(IpProtocol.UDPLITE, "10.1.0.2", "10.2.0.2", 50202 << 16 | 9001));
    flows.add(bare(89, "10.1.0.2", "10.2.0.2", 0));
    flows.add(bare(50, "fd01::2", "fd02::2", 0));
    FlowEntry sctp = bare(IpProtocol.SCTP, "10.1.0.2", "10.2.0.2", 50203 << 16 | 2905);
    sctp.state = 4;
    sctp.vtagOriginal = 0x11223344;
    sctp.vtagReply = 0x55667788;
    sctp.has |= FlowEntry.HAS_SCTP_STATE | FlowEntry.HAS_VTAG_ORIGINAL | FlowEntry.HAS_VTAG_REPLY;
    flows.add(sctp);
    flows.add(Flows.tcp("fd01::2", 50006, "fd02::2", 443));
    flows.add(Flows.translateSource(Flows.tcp("fd01::2", 50007, "fd02::2", 443), "fd02::1", 40095));
    flows.add(
        Flows.translateDestination(Flows.tcp("fd01::2", 50008, "fd01::1", 80), "fd02::2", 8003));
    FlowEntry marked = Flows.tcp("10.1.0.2", 50009, "10.2.0.2", 8008);
    marked.mark = 0x1234_abcd;
    marked.has |= FlowEntry.HAS_MARK;
    flows.add(marked);
    FlowEntry zoned = Flows.tcp("10.1.0.2", 50009, "10.2.0.2", 8008);
    zoned.zone = 7;
    flows.add(zoned);
    FlowEntry unreplied = Flows.udp("10.1.0.2", 5355, "10.2.0.2", 123);
    unreplied.status = FlowStatus.CONFIRMED;
    flows.add(unreplied);
    FlowEntry closing = Flows.tcp("10.1.0.2", 50010, "10.2.0.2", 80);
    closing.state = 7;
    closing.timeoutSeconds = 100;
    flows.add(closing);
    return flows;
  }
}
