/**
 * The cluster's virtual routers as one: who holds the role, when it moves, and in which order.
 *
 * <p>{@link dev.holdfast.agent.role.core.RoleMachine} is a pure function from a configuration, a
 * state, an event and a time to the next state and a list of actions. It hears from the virtual
 * routers (who speaks, who fell silent, who resigned), from the kernel (links, addresses, somebody
 * else with our address), from the flow sync (committed, in sync, what the peers say of themselves)
 * and from people (maintenance, stop), and tells the virtual routers when to be active.
 *
 * <p>Invariants, checked after every step:
 *
 * <ul>
 *   <li>addresses are claimed only after the flows were committed, or the time for it ran out;
 *   <li>announcements are made only of addresses that are held, and end with the role;
 *   <li>a router that is not active holds nothing: the step that leaves the role withdraws;
 *   <li>a router with a fault or in maintenance takes the role only when nobody else wants it, and
 *       advertises the lowest priority, so that anybody who is well takes it from it (decision
 *       014).
 * </ul>
 *
 * <p>Among our own routers ({@link dev.holdfast.agent.role.core.Speakers#LISTED}) one silent
 * network is a fault of that network, never a reason for a second active router: all networks that
 * can carry adverts must be silent. Beside foreign speakers ({@link
 * dev.holdfast.agent.role.core.Speakers#ANY}) the rules of a VRRP sync group hold and nothing else.
 *
 * <p>Times are monotonic nanoseconds, compared by difference.
 */
@NullMarked
package dev.holdfast.agent.role.core;

import org.jspecify.annotations.NullMarked;
