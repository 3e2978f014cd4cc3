/**
 * rtnetlink messages: links, addresses and routes as values, to bytes and back. Pure.
 *
 * <p>{@link dev.holdfast.agent.rtnetlink.RtRequest} writes what we ask of the kernel, {@link
 * dev.holdfast.agent.rtnetlink.RtCodec} reads what it says, both as rtnetlink(7) and the kernel's
 * public headers {@code linux/rtnetlink.h}, {@code if_link.h}, {@code if_addr.h} lay it out. The
 * sequence, the port id and the ACK flag of a request belong to {@code linux.NetlinkSocket}.
 *
 * <p>Numbers in netlink headers and attributes are in the machine's byte order, addresses inside
 * attributes in network order. Unknown attributes and messages are skipped: kernels grow. A message
 * from the kernel that contradicts itself is skipped too and never throws.
 *
 * <p>{@code shell} sends and receives; nobody else needs this room.
 */
@NullMarked
package dev.holdfast.agent.rtnetlink;

import org.jspecify.annotations.NullMarked;
