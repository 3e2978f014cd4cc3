package dev.holdfast.agent.firewall.core;

import java.util.List;

/** FNV-1a, 64 bits: tells policies apart by accident-proof, not attack-proof, fingerprints. */
final class Fingerprint {

  private static final long OFFSET = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private Fingerprint() {}

  /** Sixteen hexadecimal digits for all that the tables say. */
  static String of(List<RuleTable> tables) {
    long hash = OFFSET;
    for (RuleTable table : tables) {
      hash = add(hash, table.key().toString());
      for (Jump jump : table.jumps()) {
        hash = add(add(hash, jump.chain()), jump.text());
      }
      for (Chain chain : table.chains()) {
        hash = add(hash, chain.name());
        for (RuleLine rule : chain.rules()) {
          hash = add(hash, rule.text());
        }
      }
    }
    return String.format("%016x", hash);
  }

  private static long add(long hash, String text) {
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * PRIME;
    }
    return (hash ^ '\n') * PRIME;
  }
}
