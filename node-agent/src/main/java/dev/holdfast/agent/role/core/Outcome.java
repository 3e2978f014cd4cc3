package dev.holdfast.agent.role.core;

import java.util.List;

/** Where the router is now, and what must be done, in order. */
public record Outcome(RoleState state, List<RoleAction> actions) {}
