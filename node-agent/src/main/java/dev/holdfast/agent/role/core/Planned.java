package dev.holdfast.agent.role.core;

import org.jspecify.annotations.Nullable;

/**
 * What the configuration says of planned changes.
 *
 * @param maintenance this router stays away from the role while another may have it
 * @param handoverTo the router that shall hold the role until it fails; null: whoever is best
 * @param withinNanos how long a planned change waits for a peer that is in sync, and afterwards for
 *     that peer to be active
 * @param linked the routers speak to each other over a link; without one nothing is known of the
 *     others, and they are believed to be well
 */
public record Planned(
    boolean maintenance, @Nullable String handoverTo, long withinNanos, boolean linked) {
  /** Nothing is asked, and there is no link. */
  public static final Planned NOTHING = new Planned(false, null, 5_000_000_000L, false);
}
