package dev.holdfast.lab.stack;

import dev.holdfast.api.v1alpha1.SourceNat;
import java.util.Locale;
import java.util.stream.Stream;

/** What {@code --nat} asks for. */
public enum SourceTranslation {
  /** To the virtual address of the WAN, so that a flow looks the same from either router. */
  SNAT(SourceNat.VIRTUAL_ADDRESS),
  /** To the router's own address, as the article has it. */
  MASQUERADE(SourceNat.INTERFACE),
  /** Sources stay as they are; the modem has routes to the LANs. */
  NONE(SourceNat.NONE);

  private final SourceNat source;

  SourceTranslation(SourceNat source) {
    this.source = source;
  }

  /**
   * @throws IllegalArgumentException with a sentence for the person
   */
  public static SourceTranslation parse(String text) {
    return Stream.of(values())
        .filter(one -> one.toString().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--nat is snat, masquerade or none, not \"" + text + "\""));
  }

  /** The word of the resource for it. */
  public SourceNat source() {
    return source;
  }

  public static SourceTranslation of(SourceNat source) {
    return switch (source) {
      case VIRTUAL_ADDRESS -> SNAT;
      case INTERFACE -> MASQUERADE;
      case NONE -> NONE;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
