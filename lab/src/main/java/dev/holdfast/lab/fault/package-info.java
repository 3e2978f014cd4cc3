/**
 * What goes wrong, to whom, and when.
 *
 * <p>A {@link dev.holdfast.lab.fault.Fault} is parsed from the command line, aimed at the router
 * that holds the addresses at that moment, and injected. All that can be prepared (which processes,
 * which ports) is looked up before; the {@link dev.holdfast.lab.fault.Timeline} holds the monotonic
 * time taken immediately before the first system call of the injection, so that every duration in a
 * report begins with the fault and not with our own work.
 */
@NullMarked
package dev.holdfast.lab.fault;

import org.jspecify.annotations.NullMarked;
