package dev.holdfast.agent.firewall.core;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What is ours in one table, wanted or found. */
public record RuleTable(TableKey key, List<Chain> chains, List<Jump> jumps) {

  public RuleTable {
    chains = List.copyOf(chains);
    jumps = List.copyOf(jumps);
  }

  /** Nothing of ours. */
  public static RuleTable empty(TableKey key) {
    return new RuleTable(key, List.of(), List.of());
  }

  public boolean isEmpty() {
    return chains.isEmpty() && jumps.isEmpty();
  }

  public Optional<Chain> chain(String name) {
    return chains.stream().filter(chain -> chain.name().equals(name)).findFirst();
  }

  /** Which policy the table says that it belongs to. */
  public Optional<PolicyMark> mark() {
    return chain(Chain.GENERATION).flatMap(PolicyMark::of);
  }

  /**
   * The same chains with the same rules and the same jumps. The order of chains and jumps means
   * nothing, nor does a jump that is there twice.
   */
  public boolean sameText(RuleTable other) {
    return key.equals(other.key)
        && texts().equals(other.texts())
        && List.copyOf(jumps.stream().distinct().sorted(JUMP_ORDER).toList())
            .equals(other.jumps.stream().distinct().sorted(JUMP_ORDER).toList());
  }

  private static final Comparator<Jump> JUMP_ORDER =
      Comparator.comparing(Jump::chain).thenComparing(Jump::text);

  private Map<String, List<String>> texts() {
    return chains.stream().collect(Collectors.toMap(Chain::name, Chain::texts, (a, _) -> a));
  }

  /** The chains by name. */
  Map<String, Chain> byName() {
    return chains.stream().collect(Collectors.toMap(Chain::name, Function.identity(), (a, _) -> a));
  }
}
