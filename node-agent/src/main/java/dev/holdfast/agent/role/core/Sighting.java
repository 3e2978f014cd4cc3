package dev.holdfast.agent.role.core;

/** Something odd that was seen and that a person should know of while it lasts. */
public enum Sighting {
  /** Adverts for our VRID from an address that is none of the cluster's routers'. */
  STRANGER_SPEAKS("StrangerSpeaks"),
  /** Adverts with our own address as their source. */
  OWN_ADDRESS_SPEAKS("OwnAddressSpeaks"),
  /** Adverts of another active router while this one is active. */
  SPLIT_BRAIN("SplitBrain"),
  /** Another machine says that it has a virtual address that is held here. */
  ADDRESS_CONFLICT("AddressConflict"),
  /** A virtual address was taken away by somebody, and put back. */
  ADDRESS_REMOVED("AddressRemoved"),
  /** The adverts of another router name other addresses than ours. */
  ADDRESS_LIST_DIFFERS("AddressListDiffers"),
  /** The adverts of another router have another form of checksum than ours. */
  CHECKSUM_FORM_DIFFERS("ChecksumFormDiffers"),
  /** Adverts for our VRID were rejected. */
  ADVERTS_REJECTED("AdvertsRejected"),
  /** This router became active while adverts for its VRID were arriving, and were rejected. */
  ACTIVE_DESPITE_REJECTED("ActiveDespiteRejected"),
  /** The flows were not committed in time; the addresses were taken without waiting longer. */
  COMMIT_LATE("CommitLate"),
  /** Nothing ran here for longer than the peers wait. */
  STALLED("Stalled");

  private final String word;

  Sighting(String word) {
    this.word = word;
  }

  /** The word in status and metrics. */
  public String word() {
    return word;
  }
}
