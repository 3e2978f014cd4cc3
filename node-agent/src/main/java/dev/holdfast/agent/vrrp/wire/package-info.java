/**
 * VRRP on the wire: bytes to values and back, and the ARP and neighbour frames that go with it.
 *
 * <p>{@link dev.holdfast.agent.vrrp.wire.AdvertCodec} reads and writes advertisements of version 2
 * (RFC 3768) and version 3 (RFC 5798, RFC 9568) over IPv4 and IPv6. {@link
 * dev.holdfast.agent.vrrp.wire.ArpFrame} and {@link
 * dev.holdfast.agent.vrrp.wire.NeighborAdvertFrame} write the announcements of an address and read
 * those of others, so that a second holder is noticed.
 *
 * <p>Invariants: a decoder never throws, whatever bytes it is given; each packet that it drops has
 * exactly one {@link dev.holdfast.agent.vrrp.wire.DropReason}, the first of the checks in the order
 * of the enum; an advert whose address list differs from ours is <em>not</em> dropped (RFC 9568
 * section 7.1), because two routers that ignore each other are two active routers.
 *
 * <p>Where the standards and the speakers in the field differ, both forms are read: a version 3
 * checksum over IPv4 with a pseudo-header (keepalived), without (RFC 9568), and the old unicast
 * form with the group as destination. Which form came in is reported, and which one goes out is
 * configured. The authentication header of RFC 2338 is not spoken: it is refused by name.
 *
 * <p>Pure: no socket, no clock. Buffers are read, never kept.
 */
@NullMarked
package dev.holdfast.agent.vrrp.wire;

import org.jspecify.annotations.NullMarked;
