package dev.holdfast.agent.firewall.core;

import java.util.Locale;

/**
 * The two kernels' halves that iptables programs can speak to. Both filter, one after the other.
 */
public enum BackEnd {
  /** nf_tables. */
  NFT,
  /** x_tables, the older one. */
  LEGACY;

  /** As status says it: {@code nft} or {@code legacy}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public BackEnd other() {
    return this == NFT ? LEGACY : NFT;
  }
}
