package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.IpAddress;

/**
 * The active router, as last heard on one segment.
 *
 * @param node its name; empty while its address is not known to be anybody's
 * @param sinceNanos since when it has been this one, without another in between
 * @param atNanos when it was last heard
 */
public record Heard(IpAddress source, String node, int priority, long sinceNanos, long atNanos) {

  /** A name for people: the router's, else its address. */
  public String who() {
    return node.isEmpty() ? source.toString() : node;
  }

  boolean isSameRouter(Heard other) {
    return node.isEmpty() ? source.equals(other.source) : node.equals(other.node);
  }
}
