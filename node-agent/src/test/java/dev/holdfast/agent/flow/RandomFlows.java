package dev.holdfast.agent.flow;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Flows with random attributes from a small set of keys, and the same as attributes by name. */
final class RandomFlows {
  private final Random random;
  private final int keys;

  RandomFlows(Random random, int keys) {
    this.random = random;
    this.keys = keys;
  }

  FlowEntry flow() {
    var flow = new FlowEntry();
    original(flow.original, random.nextInt(keys));
    flow.zone = random.nextInt(10) == 0 ? 7 : 0;
    flow.reply.invert(flow.original);
    if (random.nextBoolean()) {
      reply(flow);
    }
    state(flow);
    if (random.nextInt(4) == 0) {
      extensions(flow);
    }
    flow.dropForeignAttributes();
    return flow;
  }

  private void original(FlowTuple tuple, int number) {
    boolean ipv6 = number % 4 == 0;
    int protocol =
        switch (number % 11) {
          case 0, 1, 2, 3, 4 -> IpProtocol.TCP;
          case 5, 6 -> IpProtocol.UDP;
          case 7 -> ipv6 ? IpProtocol.ICMPV6 : IpProtocol.ICMP;
          case 8 -> IpProtocol.SCTP;
          case 9 -> IpProtocol.DCCP;
          default -> IpProtocol.GRE;
        };
    Flows.tuple(
        tuple,
        protocol,
        ipv6 ? "2001:db8::" + Integer.toHexString(number) : "192.168.0." + number % 256,
        ipv6 ? "2001:db8:1::1" : "198.51.100.7");
    tuple.l4 = number << 16 | (protocol == IpProtocol.ICMP ? 8 << 8 : 80);
  }

  private void reply(FlowEntry flow) {
    flow.reply.destinationLow = random.nextInt(3) == 0 ? 0x0a00_000aL : flow.reply.destinationLow;
    flow.reply.l4 += random.nextInt(2);
    flow.has |= FlowEntry.HAS_REPLY;
    flow.markTranslations();
  }

  private void state(FlowEntry flow) {
    if (often()) {
      flow.status = random.nextBoolean() ? 0x188 : 0x18e;
      flow.has |= FlowEntry.HAS_STATUS;
    }
    if (often()) {
      flow.timeoutSeconds = random.nextInt(300);
      flow.has |= FlowEntry.HAS_TIMEOUT;
    }
    if (seldom()) {
      flow.mark = random.nextInt(2);
      flow.has |= FlowEntry.HAS_MARK;
    }
    if (often()) {
      flow.state = random.nextInt(4);
      flow.has |= FlowEntry.HAS_TCP_STATE | FlowEntry.HAS_SCTP_STATE | FlowEntry.HAS_DCCP_STATE;
    }
    if (seldom()) {
      flow.scaleOriginal = random.nextInt(2);
      flow.scaleReply = 7;
      flow.tcpFlagsOriginal = random.nextInt(256);
      flow.has |=
          FlowEntry.HAS_SCALE_ORIGINAL | FlowEntry.HAS_SCALE_REPLY | FlowEntry.HAS_TCP_FLAGS;
    }
    if (seldom()) {
      flow.dccpRole = random.nextInt(2);
      flow.vtagOriginal = random.nextInt(2);
      flow.vtagReply = random.nextInt(2);
      flow.has |= FlowEntry.HAS_DCCP_ROLE | FlowEntry.HAS_VTAG_ORIGINAL | FlowEntry.HAS_VTAG_REPLY;
    }
  }

  private void extensions(FlowEntry flow) {
    if (seldom()) {
      flow.seqAfterOriginal = random.nextInt(2);
      flow.seqPositionReply = random.nextInt(2);
      flow.has |= FlowEntry.HAS_SEQ_ORIGINAL | FlowEntry.HAS_SEQ_REPLY;
    }
    if (seldom()) {
      flow.helper.set(random.nextBoolean() ? "ftp" : "sip");
      flow.has |= FlowEntry.HAS_HELPER;
    }
    if (seldom()) {
      flow.labels[1] = random.nextInt(2);
      flow.labelWords = 4;
      flow.has |= FlowEntry.HAS_LABELS;
    }
    if (seldom()) {
      flow.synproxyTsoff = random.nextInt(2);
      flow.has |= FlowEntry.HAS_SYNPROXY;
    }
    if (seldom()) {
      original(flow.master, flow.original.ipv6 ? 4 : 5);
      flow.has |= FlowEntry.HAS_MASTER;
    }
    if (seldom()) {
      flow.kernelId = random.nextInt();
      flow.has |= FlowEntry.HAS_ID;
    }
  }

  ExpectEntry expectation() {
    ExpectEntry expectation = Flows.expectation(random.nextInt(keys / 8 + 1));
    expectation.flags = random.nextInt(2);
    if (random.nextBoolean()) {
      expectation.function.clear();
      expectation.has &= ~ExpectEntry.HAS_FUNCTION;
    }
    return expectation;
  }

  private boolean often() {
    return random.nextInt(4) != 0;
  }

  private boolean seldom() {
    return random.nextInt(4) == 0;
  }

  static FlowModel.Key key(FlowEntry flow) {
    return new FlowModel.Key(false, flow.original.protocol + " " + flow.original, flow.zone);
  }

  static FlowModel.Key key(ExpectEntry expectation) {
    return new FlowModel.Key(
        true, expectation.expected.protocol + " " + expectation.expected, expectation.zone);
  }

  static Map<String, Object> attributes(FlowEntry flow) {
    var all = new TreeMap<String, Object>();
    put(all, flow, FlowEntry.HAS_STATUS, "status", flow.status);
    put(all, flow, FlowEntry.HAS_TIMEOUT, "timeout", flow.timeoutSeconds);
    put(all, flow, FlowEntry.HAS_MARK, "mark", flow.mark);
    put(all, flow, FlowEntry.HAS_TCP_STATE, "state", flow.state);
    put(all, flow, FlowEntry.HAS_SCTP_STATE, "state", flow.state);
    put(all, flow, FlowEntry.HAS_DCCP_STATE, "state", flow.state);
    put(all, flow, FlowEntry.HAS_DCCP_ROLE, "role", flow.dccpRole);
    put(all, flow, FlowEntry.HAS_SCALE_ORIGINAL, "scaleOriginal", flow.scaleOriginal);
    put(all, flow, FlowEntry.HAS_SCALE_REPLY, "scaleReply", flow.scaleReply);
    put(all, flow, FlowEntry.HAS_TCP_FLAGS, "tcpFlagsOriginal", flow.tcpFlagsOriginal);
    put(all, flow, FlowEntry.HAS_TCP_FLAGS, "tcpFlagsReply", flow.tcpFlagsReply);
    put(all, flow, FlowEntry.HAS_VTAG_ORIGINAL, "vtagOriginal", flow.vtagOriginal);
    put(all, flow, FlowEntry.HAS_VTAG_REPLY, "vtagReply", flow.vtagReply);
    put(all, flow, FlowEntry.HAS_SEQ_ORIGINAL, "seqOriginal", flow.seqAfterOriginal);
    put(all, flow, FlowEntry.HAS_SEQ_REPLY, "seqReply", flow.seqPositionReply);
    put(all, flow, FlowEntry.HAS_HELPER, "helper", flow.helper.toString());
    put(all, flow, FlowEntry.HAS_LABELS, "labels", flow.labels[1]);
    put(all, flow, FlowEntry.HAS_SYNPROXY, "synproxy", flow.synproxyTsoff);
    put(all, flow, FlowEntry.HAS_MASTER, "master", flow.master.toString());
    put(all, flow, FlowEntry.HAS_ID, "id", flow.kernelId);
    put(all, flow, FlowEntry.HAS_REPLY, "replyKnown", 1);
    put(all, flow, FlowEntry.HAS_SOURCE_NAT, "sourceNat", 1);
    put(all, flow, FlowEntry.HAS_DESTINATION_NAT, "destinationNat", 1);
    put(all, flow, FlowEntry.HAS_SOURCE_PORT_NAT, "sourcePortNat", 1);
    put(all, flow, FlowEntry.HAS_DESTINATION_PORT_NAT, "destinationPortNat", 1);
    all.put("reply", flow.reply.l4 + " " + flow.reply);
    return all;
  }

  private static void put(
      Map<String, Object> all, FlowEntry flow, int bit, String name, Object value) {
    if (flow.has(bit)) {
      all.put(name, value);
    }
  }

  static Map<String, Object> attributes(ExpectEntry expectation) {
    var all = new TreeMap<String, Object>();
    all.put("has", expectation.has);
    all.put("timeout", expectation.timeoutSeconds);
    all.put("flags", expectation.flags);
    all.put("all", expectation + " " + expectation.nat + expectation.function);
    return all;
  }
}
