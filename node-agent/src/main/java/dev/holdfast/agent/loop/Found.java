package dev.holdfast.agent.loop;

import dev.holdfast.agent.role.core.Asked;
import dev.holdfast.agent.role.core.Link;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What the agent finds when it starts.
 *
 * @param links every network's interface
 * @param holdsAddresses some virtual addresses are there, left by an agent before
 * @param lastAdvertAgeNanos how long ago this router sent its last advert with a priority above 0,
 *     from the note in the run folder (monotonic time and boot id); empty without such a note
 * @param asked what was asked of this router, as {@link Effect.Remember} said
 */
public record Found(
    Map<String, Link> links, boolean holdsAddresses, OptionalLong lastAdvertAgeNanos, Asked asked) {

  public Found {
    links = Map.copyOf(links);
  }
}
