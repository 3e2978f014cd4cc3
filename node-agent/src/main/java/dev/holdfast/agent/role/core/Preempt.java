package dev.holdfast.agent.role.core;

/** When a better router takes the role from a worse one that is active and well. */
public enum Preempt {
  ALWAYS,
  /** Only when it holds every flow and hears the active router on every network. */
  WHEN_IN_SYNC,
  /** Not at all. From a router that is not well it is taken nevertheless. */
  NEVER
}
