/**
 * What the routers do, seen from outside: adverts and answers at the switches' ports, addresses in
 * the kernels' own tables.
 *
 * <p>{@link dev.holdfast.lab.measure.capture.SwitchTap} listens in a switch's namespace and knows
 * the sender by the port, whatever the packet says. {@link
 * dev.holdfast.lab.measure.capture.AddressProber} asks each router, through its own port, who has
 * the virtual addresses; its questions carry no sender that anybody could learn, so that the hosts'
 * caches stay what the routers' announcements made them. {@link
 * dev.holdfast.lab.measure.capture.AddressWatcher} follows one router's links and addresses by
 * netlink. {@link dev.holdfast.lab.measure.capture.Frames} reads the packets; it is a small reader
 * of its own, since the agent's codec may not be the judge of the agent.
 *
 * <p>Standards: RFC 3768 and RFC 9568 (the header of an advert), RFC 826, RFC 4861.
 */
@NullMarked
package dev.holdfast.lab.measure.capture;

import org.jspecify.annotations.NullMarked;
