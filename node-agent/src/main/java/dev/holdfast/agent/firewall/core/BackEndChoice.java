package dev.holdfast.agent.firewall.core;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which back end the host already uses.
 *
 * @param backEnd the one to write to
 * @param mixed true: others have rules in both, so a packet is judged by both
 * @param leftovers true: something of ours is in the other one
 */
public record BackEndChoice(BackEnd backEnd, boolean mixed, boolean leftovers) {

  /** Chains that a kubelet makes in the back end that its host uses, and for nothing else. */
  private static final List<String> HINTS = List.of("KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY");

  /**
   * @param found what each back end holds, for those whose programs are there; not empty
   * @param usual the one that the plain {@code iptables} means
   */
  public static BackEndChoice of(Map<BackEnd, List<FoundTable>> found, Optional<BackEnd> usual) {
    BackEnd chosen =
        found.keySet().stream()
            .max(
                Comparator.<BackEnd>comparingInt(backEnd -> hints(of(found, backEnd)))
                    .thenComparingInt(backEnd -> rulesOfOthers(of(found, backEnd)))
                    .thenComparing(backEnd -> usual.filter(backEnd::equals).isPresent())
                    .thenComparing(backEnd -> backEnd == BackEnd.NFT))
            .orElseThrow(() -> new IllegalStateException("no back end to choose from"));
    List<FoundTable> other = of(found, chosen.other());
    return new BackEndChoice(
        chosen,
        rulesOfOthers(of(found, chosen)) > 0 && rulesOfOthers(other) > 0,
        other.stream().anyMatch(table -> !table.ours().isEmpty()));
  }

  private static List<FoundTable> of(Map<BackEnd, List<FoundTable>> found, BackEnd backEnd) {
    return found.getOrDefault(backEnd, List.of());
  }

  private static int hints(List<FoundTable> tables) {
    return tables.stream().anyMatch(table -> HINTS.stream().anyMatch(table.chains()::containsKey))
        ? 1
        : 0;
  }

  private static int rulesOfOthers(List<FoundTable> tables) {
    return tables.stream().mapToInt(FoundTable::rulesOfOthers).sum();
  }
}
