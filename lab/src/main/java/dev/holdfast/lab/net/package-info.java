/**
 * Namespaces, switches, cables and hosts: the machines of one lab.
 *
 * <p>Every router, every network's switch, the modem of each WAN, the hosts of the LANs and behind
 * them, a pod on each router and the internet host are a network namespace each. A cable is a veth
 * pair between a machine and a switch port; it is cut at the switch, so that the machine's carrier
 * really drops and nobody touched the machine itself. A switch is a bridge without spanning tree
 * and without snooping: it carries frames, and nothing else.
 *
 * <p>{@link dev.holdfast.lab.net.AddressPlan} is pure: it says who has which address, from the
 * resource alone. {@link dev.holdfast.lab.net.TopologyBuilder} makes it so, {@link
 * dev.holdfast.lab.net.Topology} is what stands afterwards and what everyone else reads.
 *
 * <p>Interface indexes of the two ends of a cable differ on purpose: where they are equal, the
 * kernel takes the interface for one without a lower one and may report a lost carrier a second
 * late.
 */
@NullMarked
package dev.holdfast.lab.net;

import org.jspecify.annotations.NullMarked;
