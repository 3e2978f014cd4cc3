/**
 * What a run of the lab meant: from recorded samples to figures, and from figures to a verdict.
 *
 * <p>Everything here is a pure function over values. A {@link
 * dev.holdfast.lab.measure.judge.Recording} holds what was seen from outside the routers: which
 * numbered probe was sent and which arrived, when a long TCP flow last carried data, which advert
 * came in at which port of which switch, which kernel held which address. {@link
 * dev.holdfast.lab.measure.judge.Judge} turns it into the figures of one run, and {@link
 * dev.holdfast.lab.measure.judge.Promise} says whether they keep what the resource's own timers
 * promise.
 *
 * <p>Invariants: no clock, no thread, no I/O. Every time is a number of nanoseconds since the
 * origin of its recording, so that plain comparison is right. Nothing that a router says about
 * itself is an input. A recorder that saw nothing leaves an empty list, and the figure made from it
 * is absent, never zero.
 *
 * <p>How the words are meant:
 *
 * <ul>
 *   <li><b>gap</b>: the longest stretch of the sender's time in which no probe came through;
 *   <li><b>active</b>: a router whose adverts come in at a switch port, from the first of a series
 *       to its last; a series ends with priority 0 or with a silence of three and a half of its own
 *       intervals;
 *   <li><b>holder</b>: a router whose kernel has a virtual address on an interface with a carrier;
 *   <li><b>kept, reset, stalled</b>: a long flow that still carries data at the end, that one of
 *       its ends was told to forget, or that is open and silent. A flow with slow messages has
 *       stalled as well when it once paused for far too long: see {@link
 *       dev.holdfast.lab.measure.judge.FlowJudge}.
 * </ul>
 */
@NullMarked
package dev.holdfast.lab.measure.judge;

import org.jspecify.annotations.NullMarked;
