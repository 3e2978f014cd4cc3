/**
 * Measures a lab from outside while faults happen to it.
 *
 * <p>{@link dev.holdfast.lab.measure.Measurement} is the one thing that others need: it starts
 * traffic and captures on a standing topology, returns when all of it flows, takes note of the
 * faults that its caller injects, and at the end gives a {@link
 * dev.holdfast.lab.measure.RunReport}. Its rooms: {@code traffic} sends and receives, {@code
 * capture} listens and watches, {@code judge} is pure and says what it meant.
 *
 * <p>Nothing here asks a router's software anything. What is used: payload numbers at the hosts,
 * frames at the switches' ports, the kernels' addresses by netlink, the kernels' connection tables
 * and the hosts' neighbour tables. All moments are readings of one monotonic clock, kernel time
 * stamps included, so that they can be subtracted from each other across namespaces.
 */
@NullMarked
package dev.holdfast.lab.measure;

import org.jspecify.annotations.NullMarked;
