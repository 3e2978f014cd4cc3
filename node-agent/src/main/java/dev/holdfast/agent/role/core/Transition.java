package dev.holdfast.agent.role.core;

import java.util.OptionalLong;

/**
 * One change of role.
 *
 * @param atNanos when it was decided
 * @param detail what a person should know besides: a router, a fault; may be empty
 * @param gapMillis for a takeover: from the last sign of life of the active router before to our
 *     first announcement; empty when there was none before, and for every other change
 */
public record Transition(
    long atNanos, Role from, Role to, Reason reason, String detail, OptionalLong gapMillis) {}
