package dev.holdfast.agent.rtnetlink;

import dev.holdfast.api.addr.Prefix;

/**
 * An address on an interface.
 *
 * @param interfaceIndex whose
 * @param prefix the address with its prefix length
 * @param flags IFA_F_* of linux/if_addr.h
 * @param preferredSeconds how long it may be chosen as a source, from when this was read; {@link
 *     #FOREVER}
 * @param validSeconds how long it lives, from when this was read; {@link #FOREVER}
 * @param protocol who added it, as far as the kernel knows: 0 nobody said, 1 to 3 the kernel,
 *     {@link #OURS}
 */
public record InterfaceAddress(
    int interfaceIndex,
    Prefix prefix,
    int flags,
    long preferredSeconds,
    long validSeconds,
    int protocol) {
  /** The kernel's word for a lifetime without end. */
  public static final long FOREVER = 0xffff_ffffL;

  /** Our mark on addresses and routes; no number that iproute2 has given to somebody else. */
  public static final int OURS = 72;

  public boolean isPermanent() {
    return validSeconds == FOREVER;
  }

  /** Duplicate address detection is over, and nobody else had it. */
  public boolean isUsable() {
    return (flags & (Rt.IFA_F_TENTATIVE | Rt.IFA_F_DADFAILED)) == 0;
  }

  /** Another address of the same prefix came first; in IPv6 a temporary address (RFC 8981). */
  public boolean isSecondary() {
    return (flags & Rt.IFA_F_SECONDARY) != 0;
  }

  public boolean isOurs() {
    return protocol == OURS;
  }

  /** True when it is the same but for the lifetimes, which run. */
  public boolean isSameBut(InterfaceAddress other) {
    return interfaceIndex == other.interfaceIndex
        && prefix.equals(other.prefix)
        && flags == other.flags
        && protocol == other.protocol
        && isPermanent() == other.isPermanent();
  }
}
