package dev.holdfast.agent.ctnetlink;

/** Why a message from the kernel could not be read. One counter per name. */
public enum CtDrop {
  /** Shorter than its headers, or than it says. */
  TRUNCATED,
  /** An attribute that does not end inside its message or nest. */
  BAD_ATTRIBUTE_LENGTH,
  /** A known attribute with fewer bytes than its value takes. */
  BAD_ATTRIBUTE_SIZE,
  /** A name that is none, or a number out of its range. */
  BAD_VALUE,
  /** Neither IPv4 nor IPv6, or addresses of another family than the message's. */
  OTHER_FAMILY,
  /** A tuple, or an address or protocol in it, is missing. */
  INCOMPLETE_TUPLE
}
