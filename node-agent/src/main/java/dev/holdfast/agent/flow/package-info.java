/**
 * The flows that this router knows: its own and those it holds for its peers.
 *
 * <p>{@link dev.holdfast.agent.flow.FlowTable} holds some 10^6 flows outside the Java heap and
 * makes no garbage per event. {@link dev.holdfast.agent.flow.FlowEntry} is one flow spread out, the
 * reusable form in which codecs and table exchange it; {@link dev.holdfast.agent.flow.ExpectEntry}
 * the same for what a helper has foretold.
 *
 * <p>Invariants: one entry per original tuple and zone, with one owner; what is not known of a flow
 * stays unknown ({@code has} bits) and never becomes a zero that overwrites a value.
 *
 * <p>Numbers (protocols, states, status bits) are those of the Linux kernel's connection tracking.
 *
 * <p>Pure: no clock, no thread, no I/O; memory is handed in, time is an argument. One owner at a
 * time: nothing here may be shared between threads.
 */
@NullMarked
package dev.holdfast.agent.flow;

import org.jspecify.annotations.NullMarked;
