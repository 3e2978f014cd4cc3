package dev.holdfast.agent.vrrp.wire;

import dev.holdfast.api.addr.IpAddress;

/** What became of a packet. */
public sealed interface Decoded {

  /**
   * An advert that counts.
   *
   * @param source who sent it
   * @param checksumForm the form that its checksum had
   * @param addressesMatch false when its addresses, as a set, are not the ones of our configuration
   */
  record Ok(Advert advert, IpAddress source, ChecksumForm checksumForm, boolean addressesMatch)
      implements Decoded {}

  /** A packet that does not count. */
  record Dropped(DropReason reason) implements Decoded {}
}
