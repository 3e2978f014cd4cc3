package dev.holdfast.agent.loop;

import dev.holdfast.agent.role.core.Sighting;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What odd things were seen lately. Bounded: of one kind at most {@link #SUBJECTS} subjects are
 * remembered, and the oldest makes room. Owned by the loop thread.
 */
final class Sightings {

  /** A sighting that was not repeated for this long is over. */
  static final long LASTS_NANOS = 60_000_000_000L;

  private static final int SUBJECTS = 8;

  private record Key(Sighting sighting, String subject) {}

  private final Map<Key, AgentSnapshot.Seen> seen = new LinkedHashMap<>();

  /** True when it is news: not seen before, or not for a while. */
  boolean note(Sighting sighting, String subject, String detail, long nowNanos) {
    var key = new Key(sighting, subject);
    AgentSnapshot.Seen before = seen.remove(key);
    boolean fresh = before == null || nowNanos - before.lastNanos() > LASTS_NANOS;
    boolean roomy =
        seen.keySet().stream().filter(other -> other.sighting() == sighting).count() < SUBJECTS;
    if (!roomy) {
      seen.keySet().stream()
          .filter(other -> other.sighting() == sighting)
          .findFirst()
          .ifPresent(seen::remove);
    }
    seen.put(
        key,
        fresh || before == null
            ? new AgentSnapshot.Seen(sighting, subject, detail, nowNanos, nowNanos, 1)
            : new AgentSnapshot.Seen(
                sighting, subject, detail, before.firstNanos(), nowNanos, before.count() + 1));
    return fresh && roomy;
  }

  List<AgentSnapshot.Seen> recent(long nowNanos) {
    return seen.values().stream().filter(one -> nowNanos - one.lastNanos() <= LASTS_NANOS).toList();
  }
}
