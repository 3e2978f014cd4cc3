package dev.holdfast.agent.flow;

/** Whether a flow is told to the peers, and if not, why. One counter per name. */
public enum Replication {
  REPLICATED,
  /** The client is in an ignored network: our own flows, loopback, the Sync network, pods. */
  IGNORED_SOURCE,
  /** The real server is: what really answers, after every translation. */
  IGNORED_REPLY_SOURCE,
  /** Its protocol is not in the list of those to replicate. */
  IGNORED_PROTOCOL,
  /** To a multicast or broadcast group, or from an address that is none: never forwarded state. */
  NOT_UNICAST
}
