package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import java.util.Map;
import java.util.OptionalLong;

/** What can happen to a router's role. */
public sealed interface RoleEvent {

  // From the agent.

  /**
   * The agent starts.
   *
   * @param links every network's interface
   * @param holdsAddresses virtual addresses were found here, left by an agent before
   * @param lastAdvertAgeNanos the age of the last advert that this router sent while active; empty
   *     when it sent none since the machine started, or resigned
   * @param asked what was asked of this router before, as {@link RoleAction.Remember} said
   */
  record Started(
      Map<String, Link> links, boolean holdsAddresses, OptionalLong lastAdvertAgeNanos, Asked asked)
      implements RoleEvent {
    public Started(
        Map<String, Link> links, boolean holdsAddresses, OptionalLong lastAdvertAgeNanos) {
      this(links, holdsAddresses, lastAdvertAgeNanos, Asked.NOTHING);
    }
  }

  /** The agent ends: the role is given up at once. */
  record Stopped() implements RoleEvent {}

  /** The earliest deadline has passed. */
  record DeadlineReached() implements RoleEvent {}

  /** Nothing ran for this long; told before what arrived meanwhile. */
  record Stalled(long nanos) implements RoleEvent {}

  /** The configuration was {@code before}; the step's configuration is what it is now. */
  record Reconfigured(RoleConfig before) implements RoleEvent {}

  /** Somebody asked this router to stay away, or to come back. */
  record MaintenanceChanged(boolean on) implements RoleEvent {}

  /**
   * Somebody asks that this router, the active one, gives the role away. Answered by {@link
   * RoleAction.AnswerHandover}.
   *
   * @param request names it in the answer; not 0
   * @param to a router, which then keeps the role; {@link #AUTO}: the best router, by the usual
   *     rules from now on; empty: any other
   */
  record HandoverAsked(long request, String to) implements RoleEvent {
    public static final String AUTO = "auto";

    boolean isAuto() {
      return to.equals(AUTO);
    }
  }

  // From the kernel.

  record LinkChanged(String network, Link link) implements RoleEvent {}

  /** Somebody else took a virtual address away from an interface. */
  record AddressLost(String network, IpAddress address) implements RoleEvent {}

  /** Another machine says, by ARP or ND, that a virtual address is at its MAC. */
  record AddressClaimSeen(String network, IpAddress address, MacAddress mac) implements RoleEvent {}

  /** A fault that somebody else watches for came or went. */
  record FaultChanged(Fault fault, boolean present) implements RoleEvent {}

  // Answers to actions.

  record FlowsCommitted(long takeover) implements RoleEvent {}

  /** Answers {@link RoleAction.AskBarrier}. */
  record BarrierAnswered(String node) implements RoleEvent {}

  record AddressesClaimed(long takeover) implements RoleEvent {}

  /** The kernel would not take a virtual address. */
  record AddressRefused(String network, IpAddress address, String why) implements RoleEvent {}

  // From the virtual routers.

  record ActiveHeard(Segment segment, IpAddress source, int priority) implements RoleEvent {}

  /** An advert of lower priority than ours, which does not count: foreign speakers only. */
  record WeakerHeard(Segment segment, IpAddress source, int priority) implements RoleEvent {}

  record ActiveDown(Segment segment) implements RoleEvent {}

  record ActiveResigned(Segment segment, IpAddress source) implements RoleEvent {}

  record Yielded(Segment segment, IpAddress source, int priority) implements RoleEvent {}

  record Contested(Segment segment, IpAddress source, int priority) implements RoleEvent {}

  // From the flow sync.

  /** Whether this router holds every flow of the active one. */
  record SyncChanged(boolean inSync) implements RoleEvent {}

  /** Whether a peer that may take over holds every flow of this router. */
  record PeerSyncChanged(boolean inSync) implements RoleEvent {}

  /** A sign of life over the link. */
  record PeerHeard(String node) implements RoleEvent {}

  /** All paths of the link have been silent. */
  record PeerSilent(String node) implements RoleEvent {}

  /**
   * What a peer says of itself.
   *
   * @param inSync it holds every flow of this router
   * @param successor to whom it gives the role; empty: to nobody
   * @param stays the role shall stay with the successor, or with the peer while there is none
   */
  record PeerReported(
      String node, Role role, int faults, boolean inSync, String successor, boolean stays)
      implements RoleEvent {
    public PeerReported(String node, Role role, int faults, boolean inSync) {
      this(node, role, faults, inSync, "", false);
    }
  }
}
