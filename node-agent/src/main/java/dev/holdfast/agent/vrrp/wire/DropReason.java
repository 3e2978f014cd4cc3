package dev.holdfast.agent.vrrp.wire;

/**
 * Why an advert does not count. The order is the order of the checks: a packet is counted once,
 * under the first that it fails. A dropped packet touches no timer in any state.
 */
public enum DropReason {
  /** The IP header is cut short, or its lengths contradict each other. */
  IP_HEADER,
  /** Wrapped in an authentication header (RFC 2338 section 5.3.6.3), which is not spoken here. */
  AUTHENTICATION_HEADER,
  /** No virtual router with this VRID on this network and family. */
  UNKNOWN_VRID,
  /** The payload is not exactly as long as its version and count say. */
  LENGTH,
  /** Not 255: the packet came through a router (RFC 9568 section 5.1.1.3). */
  HOP_LIMIT,
  /** Not the version that this virtual router speaks. */
  VERSION,
  /** Version 2: an authentication type that does not exist. */
  AUTHENTICATION_TYPE,
  /** Version 2: an authentication type that exists, but not ours. */
  AUTHENTICATION_MISMATCH,
  /** Version 2: the password is another one. */
  AUTHENTICATION_FAILED,
  /** Version 2: another interval than ours. Version 3: an interval of zero. */
  INTERVAL,
  /** Not an advertisement. */
  TYPE,
  /** Version 3: no address at all (RFC 9568 section 5.2.5). */
  ADDRESS_COUNT,
  /** The checksum fits none of the forms that are accepted. */
  CHECKSUM,
  /** Sent to one address where the group is spoken, or the other way round. */
  DESTINATION,
  /** The address list differs from ours and {@link AdvertRules#strictAddresses()} is set. */
  ADDRESSES,
  /** The sender's address is our own: our packet came back, or somebody has our address. */
  OWN_ADDRESS,
  /** The sender is not one of the cluster's routers, and only those count. */
  STRANGER,
  /** The virtual router is not running: its interface is down or has no address of its own. */
  NOT_RUNNING
}
