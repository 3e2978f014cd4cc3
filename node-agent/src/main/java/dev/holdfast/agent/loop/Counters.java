package dev.holdfast.agent.loop;

import dev.holdfast.agent.vrrp.wire.DropReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/** What one virtual router has counted since the agent started. Owned by the loop thread. */
final class Counters {
  long received;
  long sent;
  long resignationsReceived;
  long resignationsSent;
  long becameActive;
  long leftActive;
  long addressListsDiffering;
  long checksumFormsDiffering;
  final Map<DropReason, Long> dropped = new EnumMap<>(DropReason.class);
  final Lateness lateness = new Lateness();

  /** When an advert for our VRID was last found malformed. */
  OptionalLong lastRejectedNanos = OptionalLong.empty();

  AgentSnapshot.CountersView copy() {
    return new AgentSnapshot.CountersView(
        received,
        sent,
        resignationsReceived,
        resignationsSent,
        becameActive,
        leftActive,
        addressListsDiffering,
        checksumFormsDiffering,
        Map.copyOf(dropped),
        lateness.counts(),
        lateness.longestNanos());
  }
}
