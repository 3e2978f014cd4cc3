/**
 * The agent's one loop, and the cores composed.
 *
 * <p>{@link dev.holdfast.agent.loop.AgentCore} takes one core's outcome to the next: adverts to the
 * virtual routers, their news to the role, the role's orders back, and what is for the outside into
 * one ordered list of {@link dev.holdfast.agent.loop.Effect}s. It is owned by the loop thread and
 * still pure in what matters: no clock, no thread, no I/O; the same events at the same times give
 * the same effects.
 *
 * <p>Invariants: effects are performed in the order of the list; what an effect leads to comes back
 * as an {@link dev.holdfast.agent.loop.AgentEvent}, never as a return value; a stall is told before
 * what arrived during it, and what arrived before what expired.
 */
@NullMarked
package dev.holdfast.agent.loop;

import org.jspecify.annotations.NullMarked;
