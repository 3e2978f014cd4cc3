/**
 * The kernel's connection tracking table, as bytes of nfnetlink: {@code linux/netlink.h}, {@code
 * nfnetlink.h}, {@code nfnetlink_conntrack.h}.
 *
 * <p>{@link dev.holdfast.agent.ctnetlink.CtCodec} reads what the kernel sends (events, dumps,
 * errors) into a reusable {@link dev.holdfast.agent.flow.FlowEntry} or {@link
 * dev.holdfast.agent.flow.ExpectEntry}; {@link dev.holdfast.agent.ctnetlink.CtRequests} writes
 * requests, as many as fit, one behind the other into one buffer. Both make no garbage.
 *
 * <p>Rules that the writing side keeps, because the kernel was seen to want them:
 *
 * <ul>
 *   <li>A translated flow is created with its <em>untranslated</em> reply and a NAT nest for each
 *       translated side, address and exact port. A reply that is translated already gives an entry
 *       that translates nothing.
 *   <li>The status says confirmed, and never expected or dying.
 *   <li>TCP flows are liberal in both directions: this kernel has not seen their windows.
 *   <li>A SYN is written as answered: the answer may have passed the other router.
 *   <li>Window scales count only together, and with the flag that says so.
 * </ul>
 *
 * <p>Headers, attribute lengths and types are in the machine's byte order (the buffers' order),
 * values are big endian, labels are words of the machine.
 *
 * <p>Pure: no socket, no clock. Sequence numbers and the ACK flag are the socket's business.
 */
@NullMarked
package dev.holdfast.agent.ctnetlink;

import org.jspecify.annotations.NullMarked;
