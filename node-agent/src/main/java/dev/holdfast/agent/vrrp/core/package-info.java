/**
 * The VRRP state machine of one virtual router: RFC 9568 section 6 (version 3) and RFC 3768 section
 * 6 (version 2).
 *
 * <p>{@link dev.holdfast.agent.vrrp.core.VrrpMachine} is a pure function from a configuration, a
 * state, an event and a time to the next state and a list of actions. Deadlines are data in the
 * state: whoever drives the machine gives it {@link dev.holdfast.agent.vrrp.core.VrrpEvent
 * .DeadlineReached} when the one deadline of the state has passed.
 *
 * <p>A virtual router here is always one of a group, even of a group of one: when its active router
 * falls silent it says so and waits to be elected, and the group decides for all of its virtual
 * routers together. Elected at once, a single virtual router behaves exactly as the RFC says.
 *
 * <p>Invariants: a received packet never moves the time of our next advert, only our own sending
 * does; an advert that is not followed leaves the down timer alone; an active router always has an
 * advert due within one interval. Times are monotonic nanoseconds, compared by difference.
 *
 * <p>Who may speak at all (the cluster's routers, or anyone) is decided before an advert gets here.
 */
@NullMarked
package dev.holdfast.agent.vrrp.core;

import org.jspecify.annotations.NullMarked;
