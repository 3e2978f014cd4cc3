package dev.holdfast.agent.ops;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.api.addr.Family;
import org.jspecify.annotations.Nullable;

/**
 * One flow for people and programs: a line of {@code holdfast flows}.
 *
 * @param owner {@code ours}: our kernel tracks it; {@code theirs}: held for a peer
 * @param protocol as conntrack(8) names it; a number where it has no name
 * @param state of TCP, SCTP and DCCP as the kernel names it; null for others
 * @param timeoutSeconds what was left at its last change, less what has passed since; null when
 *     nobody told it. The kernel does not tell that a flow was merely used
 * @param protectedFlow ours: a peer holds it as it is; theirs: we hold it for a takeover
 * @param reason why it is not protected; null when it is
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FlowView(
    Owner owner,
    Family family,
    String protocol,
    Tuple original,
    Tuple reply,
    @Nullable String state,
    @Nullable Long timeoutSeconds,
    @JsonProperty("protected") boolean protectedFlow,
    @Nullable String reason) {

  /** Whose it is. */
  @SuppressWarnings("MemberName") // they are words of the command line and of the JSON
  public enum Owner {
    ours,
    theirs
  }

  /** One direction; ports, or what ICMP has instead, or neither. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Tuple(
      String source,
      String destination,
      @Nullable Integer sourcePort,
      @Nullable Integer destinationPort,
      @Nullable Integer type,
      @Nullable Integer code,
      @Nullable Integer id) {

    static Tuple of(FlowTuple tuple) {
      boolean ports = IpProtocol.hasPorts(tuple.protocol);
      boolean icmp = IpProtocol.isIcmp(tuple.protocol);
      return new Tuple(
          tuple.source().toString(),
          tuple.destination().toString(),
          ports ? tuple.sourcePort() : null,
          ports ? tuple.destinationPort() : null,
          icmp ? tuple.icmpType() : null,
          icmp ? tuple.icmpCode() : null,
          icmp ? tuple.icmpId() : null);
    }
  }

  /**
   * @param flow not kept
   * @param ageSeconds how long ago the timeout was told
   * @param reason null for a protected flow
   */
  public static FlowView of(Owner owner, FlowEntry flow, int ageSeconds, @Nullable String reason) {
    return new FlowView(
        owner,
        flow.original.ipv6 ? Family.IPV6 : Family.IPV4,
        IpProtocol.name(flow.original.protocol),
        Tuple.of(flow.original),
        Tuple.of(flow.reply),
        flow.hasAny(FlowEntry.HAS_TCP_STATE | FlowEntry.HAS_SCTP_STATE | FlowEntry.HAS_DCCP_STATE)
            ? FlowState.name(flow.original.protocol, flow.state)
            : null,
        flow.has(FlowEntry.HAS_TIMEOUT)
            ? Math.max(0, Integer.toUnsignedLong(flow.timeoutSeconds) - ageSeconds)
            : null,
        reason == null,
        reason);
  }
}
