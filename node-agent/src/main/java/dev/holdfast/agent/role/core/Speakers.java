package dev.holdfast.agent.role.core;

/** Whose adverts count. */
public enum Speakers {
  /** Only the cluster's own routers': what they say of themselves can be relied on. */
  LISTED,
  /** Anybody's, as in plain VRRP: there are other programs on the segment. */
  ANY
}
