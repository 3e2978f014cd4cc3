/**
 * The router agent: one process per router, one program.
 *
 * <p>Start at {@link dev.holdfast.agent.Main}, then {@link dev.holdfast.agent.Agent}, which wires
 * the rooms by hand. Pure cores ({@code vrrp.core}, {@code role.core}, {@code sync.core}, {@code
 * firewall.core}) decide; {@code loop} owns all state on one thread; {@code shell} does what was
 * decided; {@code linux} is the only room that calls the kernel.
 */
@NullMarked
package dev.holdfast.agent;

import org.jspecify.annotations.NullMarked;
