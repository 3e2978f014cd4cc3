/**
 * The policy as text: from a router's configuration to what {@code iptables-restore} and {@code
 * ip6tables-restore} read, and from what {@code iptables-save} prints back to values.
 *
 * <p>{@link dev.holdfast.agent.firewall.core.FirewallPlanner} makes a {@link
 * dev.holdfast.agent.firewall.core.Ruleset} of a GatewayNode spec; {@link
 * dev.holdfast.agent.firewall.core.SavedText} reads what is there; {@link
 * dev.holdfast.agent.firewall.core.TableChange} says what to load so that the one becomes the
 * other; {@link dev.holdfast.agent.firewall.core.ConfirmMachine} decides whether a new policy may
 * stay. Pure: no process is started here, no clock is read. Who runs the programs is {@code
 * shell.IptablesRunner}, who decides when is {@code shell.FirewallKeeper}.
 *
 * <p>What holds:
 *
 * <ul>
 *   <li>Everything of ours is in chains whose name begins with {@code HOLDFAST-}, plus one jump to
 *       each entry chain at the head of a built-in chain. A change names nothing else, so nothing
 *       of others can be flushed, moved or lost by one.
 *   <li>Judged are: INPUT from and OUTPUT to the gateway's networks; FORWARD that comes in from a
 *       WAN or goes between two of the gateway's networks. Everything else falls through our chains
 *       untouched: it is Kubernetes' or the user's.
 *   <li>What comes in from a WAN is judged twice, by the same rules: in {@code mangle}, where no
 *       accept of another chain can overtake it, and in {@code filter}, where people look.
 *   <li>Same spec and facts, same text. The policy's fingerprint and the generation stand in a
 *       comment in every table.
 * </ul>
 *
 * <p>Standards: RFC 4890 (ICMPv6 that must pass), RFC 8415 and RFC 2131 (DHCP client), RFC 9568
 * (VRRP); iptables-save(8) for the text.
 */
@NullMarked
package dev.holdfast.agent.firewall.core;

import org.jspecify.annotations.NullMarked;
