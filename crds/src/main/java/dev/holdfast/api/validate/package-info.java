/**
 * What is wrong with a GatewayCluster: everything at once, each with its path and a sentence that
 * says what to write instead.
 *
 * <p>The schema in {@code crds/} lets the API server answer first, with the bounds and the rules
 * that it can compute; {@link dev.holdfast.api.validate.Validator} knows all of these as well,
 * since a file meets no API server, and the ones that need more (overlapping prefixes, hosts inside
 * a LAN). A test sends every resource that the API server refuses through the validator, so the two
 * cannot contradict each other.
 *
 * <p>What only a router can know (a missing interface) or only Kubernetes (a node that does not
 * exist, two clusters on one node) is found by the agent and by the operator.
 *
 * <p>Pure. One class a section of the resource, in its order. Whatever passes here may be rendered
 * and parsed without a further check.
 *
 * <p>Allowed on purpose: equal priorities (VRRP decides by the higher address), all routers in
 * maintenance (the last one keeps the role), one VRID on two networks (they are two segments), IPv6
 * beside {@code vrrp.version: 2} (it speaks version 3).
 */
@NullMarked
package dev.holdfast.api.validate;

import org.jspecify.annotations.NullMarked;
