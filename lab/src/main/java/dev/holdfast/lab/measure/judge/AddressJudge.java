package dev.holdfast.lab.measure.judge;

import dev.holdfast.api.addr.IpAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Who had the virtual addresses: by the kernels' own tables, and by who answers for them. */
public final class AddressJudge {

  private AddressJudge() {}

  /** For each address and router the spans in which that kernel held it. */
  public static Map<IpAddress, Map<String, List<Span>>> holders(
      List<HoldChange> changes, Span window) {
    var sorted = new ArrayList<>(changes);
    sorted.sort(Comparator.comparingLong(HoldChange::nanos));
    Map<IpAddress, Map<String, List<Span>>> spans = new LinkedHashMap<>();
    Map<Holder, Long> since = new LinkedHashMap<>();
    for (HoldChange change : sorted) {
      var holder = new Holder(change.address(), change.router());
      if (change.holds()) {
        since.putIfAbsent(holder, change.nanos());
      } else {
        Long from = since.remove(holder);
        if (from != null) {
          add(spans, holder, new Span(from, change.nanos()));
        }
      }
    }
    since.forEach(
        (holder, from) -> add(spans, holder, new Span(from, Math.max(from, window.toNanos()))));
    return spans;
  }

  private static void add(Map<IpAddress, Map<String, List<Span>>> spans, Holder holder, Span span) {
    spans
        .computeIfAbsent(holder.address(), _ -> new LinkedHashMap<>())
        .computeIfAbsent(holder.router(), _ -> new ArrayList<>())
        .add(span);
  }

  /** How long, of the address that fared worst, two kernels held it at once. */
  public static long twoHoldersNanos(List<HoldChange> changes, Span window) {
    return holders(changes, window).values().stream()
        .map(byRouter -> Spans.common(Spans.atLeastTwo(byRouter.values()), List.of(window)))
        .mapToLong(Spans::totalNanos)
        .max()
        .orElse(0);
  }

  /**
   * From the fault to the first answer for an address by another router than before, of the address
   * that came last.
   *
   * @param untilNanos answers from here on belong to the next fault
   * @return empty when no address changed its router
   */
  public static OptionalLong addressNanos(
      List<AnswerSeen> answers, long faultNanos, long untilNanos) {
    Map<IpAddress, String> before = new HashMap<>();
    Map<IpAddress, Long> changed = new HashMap<>();
    var sorted = new ArrayList<>(answers);
    sorted.sort(Comparator.comparingLong(AnswerSeen::nanos));
    for (AnswerSeen answer : sorted) {
      if (!answer.asked() || answer.nanos() >= untilNanos) {
        continue;
      }
      if (answer.nanos() < faultNanos) {
        before.put(answer.address(), answer.router());
      } else if (!answer.router().equals(before.get(answer.address()))) {
        changed.putIfAbsent(answer.address(), answer.nanos() - faultNanos);
      }
    }
    return changed.values().stream().mapToLong(Long::longValue).max();
  }

  private record Holder(IpAddress address, String router) {}
}
