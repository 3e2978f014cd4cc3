package dev.holdfast.agent.role.core;

import java.util.Comparator;

/**
 * Something that keeps this router from being a gateway.
 *
 * @param network where
 */
public record Fault(Kind kind, String network) implements Comparable<Fault> {

  private static final Comparator<Fault> ORDER =
      Comparator.comparing(Fault::network).thenComparing(Fault::kind);

  /** What is broken. */
  public enum Kind {
    INTERFACE_MISSING("InterfaceMissing"),
    LINK_DOWN("LinkDown"),
    /** The router's own address has gone. One that never had any only carries no adverts. */
    OWN_ADDRESS_MISSING("OwnAddressMissing"),
    /** The kernel would not take a virtual address. */
    ADDRESS_REFUSED("AddressRefused"),
    /** The next hop does not answer. */
    GATEWAY_SILENT("GatewaySilent");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }

  @Override
  public int compareTo(Fault other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return kind.word() + "(" + network + ")";
  }
}
