/**
 * What a person or a program sees of a running agent: the control socket behind {@code holdfast
 * status}, the metrics and the health pages.
 *
 * <p>These rooms only read snapshots that the loop publishes, and ask the loop through its inbox;
 * they never touch its state. Nothing here is needed for a failover.
 */
@NullMarked
package dev.holdfast.agent.ops;

import org.jspecify.annotations.NullMarked;
