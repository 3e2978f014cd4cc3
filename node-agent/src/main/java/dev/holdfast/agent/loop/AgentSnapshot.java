package dev.holdfast.agent.loop;

import dev.holdfast.agent.role.core.Heard;
import dev.holdfast.agent.role.core.RoleState;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Sighting;
import dev.holdfast.agent.vrrp.core.VrrpState;
import dev.holdfast.agent.vrrp.wire.DropReason;
import dev.holdfast.api.addr.IpAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What there is to know of the agent at one moment. Immutable; times are monotonic nanoseconds.
 *
 * @param node this router
 * @param nowNanos when the copy was made
 * @param role role, faults, transitions, peers
 * @param keepsRoleBecause why this router holds the role although it should not; else empty
 * @param virtualRouters in the order of the configuration
 * @param seen odd things of the last minute
 * @param stalls how often the loop stood still
 */
public record AgentSnapshot(
    String node,
    long nowNanos,
    RoleState role,
    String keepsRoleBecause,
    List<VirtualRouterView> virtualRouters,
    List<Seen> seen,
    long stalls,
    long longestStallNanos) {

  public AgentSnapshot {
    virtualRouters = List.copyOf(virtualRouters);
    seen = List.copyOf(seen);
  }

  /**
   * One virtual router.
   *
   * @param priority what it advertises now
   * @param source its own address; null when it carries no adverts
   * @param silent nobody has been heard for the down interval
   * @param heard the active router as last heard; null when none was
   */
  public record VirtualRouterView(
      Segment segment,
      int vrid,
      int version,
      VrrpState state,
      int priority,
      List<IpAddress> advertised,
      @Nullable IpAddress source,
      boolean silent,
      @Nullable Heard heard,
      CountersView counters) {}

  /**
   * Counts since the agent started.
   *
   * @param dropped adverts that did not count, by reason
   * @param latenessCounts of our adverts: entry i counts those less than 2^i microseconds late and
   *     not less than half of it; the last one all that were later
   */
  public record CountersView(
      long received,
      long sent,
      long resignationsReceived,
      long resignationsSent,
      long becameActive,
      long leftActive,
      long addressListsDiffering,
      long checksumFormsDiffering,
      Map<DropReason, Long> dropped,
      List<Long> latenessCounts,
      long longestLatenessNanos) {}

  /** Something odd, and since when, and how often. */
  public record Seen(
      Sighting sighting,
      String subject,
      String detail,
      long firstNanos,
      long lastNanos,
      long count) {}
}
