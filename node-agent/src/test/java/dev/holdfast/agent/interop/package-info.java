/**
 * Whole agents, as the program that is installed, on one segment: beside the real keepalived,
 * beside each other, and beside a stranger that means no good. Each is in a namespace of its own;
 * what they do is judged from outside, by the addresses in the kernels and the adverts on the wire.
 */
@NullMarked
package dev.holdfast.agent.interop;

import org.jspecify.annotations.NullMarked;
