package dev.holdfast.agent.flow;

import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.Prefix;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which flows are told to the peers.
 *
 * <p>Judged are the original source and the reply source only: who began, and who really answers.
 * The other two addresses of a translated flow are virtual addresses, which the routers own, and it
 * is replicated all the same. Loopback, link-local IPv6, multicast, broadcast and unspecified
 * addresses are always left out: such flows end at one router.
 *
 * <p>Immutable; equal when they leave the same out; judging makes no garbage.
 */
public final class ReplicationRules {
  private static final int PROTOCOLS = 256;
  private static final long IPV4_BROADCAST = 0xffff_ffffL;
  private static final int IPV4_LOOPBACK = 127;
  private static final int IPV4_MULTICAST = 0xe;
  private static final long IPV6_LOOPBACK = 1;
  private static final int IPV6_MULTICAST = 0xff;
  private static final int IPV6_LINK_LOCAL = 0x3fa;

  private final Set<Prefix> networks;
  private final int[] ipv4Networks;
  private final int[] ipv4Masks;
  private final long[] ipv6Highs;
  private final long[] ipv6Lows;
  private final long[] ipv6HighMasks;
  private final long[] ipv6LowMasks;

  /** Empty: all of them. */
  private final BitSet protocols = new BitSet(PROTOCOLS);

  /**
   * @param ignored networks and single addresses whose flows stay here; host bits do not matter
   * @param protocols IP protocol numbers to replicate, 0 to 255; empty for all
   */
  public ReplicationRules(Collection<Prefix> ignored, Collection<Integer> protocols) {
    networks = ignored.stream().map(Prefix::network).collect(Collectors.toSet());
    List<Prefix> ipv4 = ignored.stream().filter(p -> p.address() instanceof Ipv4Address).toList();
    List<Prefix> ipv6 = ignored.stream().filter(p -> p.address() instanceof Ipv6Address).toList();
    ipv4Networks = new int[ipv4.size()];
    ipv4Masks = new int[ipv4.size()];
    for (int i = 0; i < ipv4.size(); i++) {
      ipv4Masks[i] = (int) ones(ipv4.get(i).length() + Integer.SIZE);
      ipv4Networks[i] = ((Ipv4Address) ipv4.get(i).network().address()).bits();
    }
    ipv6Highs = new long[ipv6.size()];
    ipv6Lows = new long[ipv6.size()];
    ipv6HighMasks = new long[ipv6.size()];
    ipv6LowMasks = new long[ipv6.size()];
    for (int i = 0; i < ipv6.size(); i++) {
      var network = (Ipv6Address) ipv6.get(i).network().address();
      int length = ipv6.get(i).length();
      ipv6Highs[i] = network.high();
      ipv6Lows[i] = network.low();
      ipv6HighMasks[i] = ones(Math.min(length, Long.SIZE));
      ipv6LowMasks[i] = ones(Math.max(length - Long.SIZE, 0));
    }
    for (int protocol : protocols) {
      if (protocol < 0 || protocol >= PROTOCOLS) {
        throw new IllegalArgumentException("an IP protocol is 0 to 255, not " + protocol);
      }
      this.protocols.set(protocol);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ReplicationRules rules
        && networks.equals(rules.networks)
        && protocols.equals(rules.protocols);
  }

  @Override
  public int hashCode() {
    return Objects.hash(networks, protocols);
  }

  /** A mask of 64 bits whose first {@code count} are set; 0 to 64. */
  private static long ones(int count) {
    return count == 0 ? 0 : -1L << Long.SIZE - count;
  }

  public Replication judge(FlowEntry flow) {
    FlowTuple original = flow.original;
    FlowTuple reply = flow.reply;
    if (!protocols.isEmpty() && !protocols.get(original.protocol)) {
      return Replication.IGNORED_PROTOCOL;
    }
    if (!isUnicast(original.ipv6, original.sourceHigh, original.sourceLow)
        || !isUnicast(reply.ipv6, reply.sourceHigh, reply.sourceLow)) {
      return Replication.NOT_UNICAST;
    }
    if (isIgnored(original.ipv6, original.sourceHigh, original.sourceLow)) {
      return Replication.IGNORED_SOURCE;
    }
    return isIgnored(reply.ipv6, reply.sourceHigh, reply.sourceLow)
        ? Replication.IGNORED_REPLY_SOURCE
        : Replication.REPLICATED;
  }

  /** An expectation goes where its master goes: judged by who began that, and who is expected. */
  public Replication judge(ExpectEntry expectation) {
    FlowTuple master = expectation.master;
    if (!protocols.isEmpty() && !protocols.get(expectation.expected.protocol)) {
      return Replication.IGNORED_PROTOCOL;
    }
    return isIgnored(master.ipv6, master.sourceHigh, master.sourceLow)
        ? Replication.IGNORED_SOURCE
        : Replication.REPLICATED;
  }

  private static boolean isUnicast(boolean ipv6, long high, long low) {
    if (ipv6) {
      return high >>> 56 != IPV6_MULTICAST && (high | low) != 0;
    }
    return low >>> 28 != IPV4_MULTICAST && low != IPV4_BROADCAST && low != 0;
  }

  private boolean isIgnored(boolean ipv6, long high, long low) {
    return ipv6 ? isIgnoredIpv6(high, low) : isIgnoredIpv4((int) low);
  }

  private boolean isIgnoredIpv4(int address) {
    if (address >>> 24 == IPV4_LOOPBACK) {
      return true;
    }
    for (int i = 0; i < ipv4Networks.length; i++) {
      if ((address & ipv4Masks[i]) == ipv4Networks[i]) {
        return true;
      }
    }
    return false;
  }

  private boolean isIgnoredIpv6(long high, long low) {
    if (high == 0 && low == IPV6_LOOPBACK || high >>> 54 == IPV6_LINK_LOCAL) {
      return true;
    }
    for (int i = 0; i < ipv6Highs.length; i++) {
      if ((high & ipv6HighMasks[i]) == ipv6Highs[i] && (low & ipv6LowMasks[i]) == ipv6Lows[i]) {
        return true;
      }
    }
    return false;
  }
}
