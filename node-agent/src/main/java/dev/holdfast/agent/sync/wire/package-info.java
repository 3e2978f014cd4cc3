/**
 * The messages that flows travel in, as bytes: conntrackd's and those of the sealed link.
 *
 * <p>The sealed link ({@code docs/wire/link.md}) puts the same messages of flows into envelopes of
 * its own: {@code SealedEnvelope} and {@code KeySchedule} are the outside and its keys; the
 * messages of the link itself stand beside them.
 *
 * <p>{@link dev.holdfast.agent.sync.wire.ConntrackdCodec} reads and writes the state
 * synchronisation messages of conntrackd 1.4.7: an eight byte header (version, type, flags, length,
 * sequence number) and attributes of type, length and value. A datagram is a plain concatenation of
 * messages. It fills and reads the reusable {@link dev.holdfast.agent.flow.FlowEntry} and {@link
 * dev.holdfast.agent.flow.ExpectEntry}; it makes no garbage and keeps nothing between calls.
 *
 * <p>Bad bytes are values: every reading method answers with a {@link
 * dev.holdfast.agent.sync.wire.MessageDrop} or null, never with an exception. Whether the rest of a
 * datagram can still be read, and whether a bad message counts as received, is a property of the
 * reason, because the sequence numbers of the link depend on it.
 *
 * <p>Everything is big endian on the wire, except the translated ports and the ICMP identifier,
 * which conntrackd swaps once too often: they are little endian to and from every x86 and ARM
 * machine.
 *
 * <p>Pure: no clock, no thread, no socket. Knows {@code agent.flow} and nothing above it.
 */
@NullMarked
package dev.holdfast.agent.sync.wire;

import org.jspecify.annotations.NullMarked;
