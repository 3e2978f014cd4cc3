/**
 * The lab: any GatewayCluster as network namespaces on one Linux machine, with real traffic, a
 * fault, and a report.
 *
 * <p>The lab knows the agent only as a program that it starts, exactly as it starts keepalived and
 * conntrackd; of the agent's code it uses the system call room and, so that both read a resource
 * alike, {@code config}. Whatever {@code lab} reports was judged from outside: numbered payloads,
 * captured adverts, the kernels' addresses and connection tables; it never asks an agent how things
 * went. The benches {@code commit} and {@code flows} do: agents and conntrackd alike say how many
 * of the peer's flows they hold.
 *
 * <p>Rooms: {@code net} builds namespaces, switches and hosts; {@code stack} starts what makes
 * routers of them; {@code fault} breaks things; {@code measure} drives traffic and watches. This
 * package ties them to one command.
 *
 * <p>Everything that a lab makes carries its id and is written down in a registry before it is
 * made. A lab that ends removes what it made; one that was killed leaves a registry entry whose
 * owner is dead, and the next lab removes it.
 */
@NullMarked
package dev.holdfast.lab;

import org.jspecify.annotations.NullMarked;
