package dev.holdfast.agent.vrrp.wire;

import dev.holdfast.api.addr.IpAddress;
import java.util.List;

/**
 * One VRRP advertisement, as the election sees it.
 *
 * @param version 2 or 3
 * @param vrid 1 to 255
 * @param priority 0 (the sender gives up), 1 to 254, or 255 (the sender owns the addresses)
 * @param intervalCentis the sender's advertisement interval in hundredths of a second; version 3: 1
 *     to 4095; version 2: whole seconds, 100 to 25500
 * @param addresses the virtual addresses, all of one family, in the order of the packet; at most
 *     255
 */
public record Advert(
    int version, int vrid, int priority, int intervalCentis, List<IpAddress> addresses) {

  private static final long NANOS_PER_CENTI = 10_000_000L;

  public Advert {
    addresses = List.copyOf(addresses);
  }

  /** The interval in nanoseconds. */
  public long intervalNanos() {
    return intervalCentis * NANOS_PER_CENTI;
  }

  /** True when the sender gives the role up (RFC 9568 section 5.2.4). */
  public boolean resigns() {
    return priority == 0;
  }
}
