/**
 * Flow sync: how a peer gets to hold every flow of ours, and how we know that it does.
 *
 * <p>Two families of machines over one table. Between Holdfast agents a <em>sync link</em> speaks
 * through sealed datagrams over several paths at once: heartbeats on all of them, flows on the
 * best. With a conntrackd on the other end an FTFW or NOTRACK machine speaks exactly what that
 * daemon speaks.
 *
 * <p>All share one idea of reliability, that of conntrackd's FTFW: a message has a number, a number
 * is never used again, and a receiver never waits for a hole to be filled. What was lost is told
 * again under a new number <em>with the flow's present state</em>. Hence nothing is stored per
 * message but where it stood, and a burst of changes costs one message.
 *
 * <p>Pure: no clock (time is an argument, monotonic nanoseconds, compared by difference), no random
 * source of its own, no thread, no I/O. One owner, the agent's loop. No garbage per flow.
 * Everything is bounded: frames in flight, control messages waiting, sessions, replay windows; what
 * happens at the bound is said at each of them.
 */
@NullMarked
package dev.holdfast.agent.sync.core;

import org.jspecify.annotations.NullMarked;
