package dev.holdfast.lab.measure.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** From what was recorded to the figures of a run. */
public final class Judge {

  private Judge() {}

  /** The whole run. Of several families, networks or addresses the worst one counts. */
  public static Figures judge(Recording recording) {
    Span window = recording.window();
    List<FaultFigures> faults = faults(recording);
    Map<VirtualRouterId, SortedSet<String>> active =
        RoleJudge.activeAtEnd(recording.adverts(), window);
    return new Figures(
        gapMillis(recording.probesUp(), window),
        gapMillis(recording.probesDown(), window),
        lost(recording.probesUp(), window),
        lost(recording.probesDown(), window),
        FlowJudge.count(recording.flows(), FlowKind.ECHO, window),
        FlowJudge.count(recording.flows(), FlowKind.PUSH, window),
        FlowJudge.count(recording.flows(), FlowKind.UDP, window),
        millis(FlowJudge.longestStallNanos(recording.flows(), window)),
        slowest(faults, FaultFigures::roleMillis),
        slowest(faults, FaultFigures::addressMillis),
        millis(RoleJudge.twoActiveNanos(RoleJudge.activities(recording.adverts()), window)),
        millis(RoleJudge.noActiveNanos(recording.adverts(), window)),
        millis(AddressJudge.twoHoldersNanos(recording.holds(), window)),
        ConnectionCounts.of(recording.connections(), window),
        millis(Spans.longestNanos(Spans.common(recording.floorStalls(), List.of(window)))),
        active.isEmpty() ? null : oneActive(active),
        cachesRight(recording, active),
        recording.probesUnread(),
        faults);
  }

  private static List<FaultFigures> faults(Recording recording) {
    var figures = new ArrayList<FaultFigures>();
    List<Mark> marks = recording.marks();
    for (int i = 0; i < marks.size(); i++) {
      Mark mark = marks.get(i);
      long until = i + 1 < marks.size() ? marks.get(i + 1).nanos() : Long.MAX_VALUE;
      figures.add(
          new FaultFigures(
              mark.fault(),
              millis(mark.nanos() - recording.zeroNanos()),
              millis(RoleJudge.roleNanos(recording.adverts(), mark.nanos(), until)),
              millis(AddressJudge.addressNanos(recording.answers(), mark.nanos(), until))));
    }
    return figures;
  }

  private static @Nullable Double gapMillis(List<ProbeTrace> traces, Span window) {
    return millis(
        traces.stream()
            .filter(trace -> ProbeJudge.sent(trace, window) > 0)
            .mapToLong(trace -> Spans.longestNanos(ProbeJudge.gaps(trace, window)))
            .max());
  }

  private static long lost(List<ProbeTrace> traces, Span window) {
    return traces.stream().mapToLong(trace -> ProbeJudge.lost(trace, window)).sum();
  }

  private static @Nullable Double slowest(
      List<FaultFigures> faults, Function<FaultFigures, @Nullable Double> figure) {
    return faults.stream().map(figure).filter(Objects::nonNull).max(Double::compare).orElse(null);
  }

  private static boolean oneActive(Map<VirtualRouterId, SortedSet<String>> active) {
    var all = new TreeSet<String>();
    active.values().forEach(all::addAll);
    return all.size() == 1 && active.values().stream().noneMatch(Set::isEmpty);
  }

  private static @Nullable Boolean cachesRight(
      Recording recording, Map<VirtualRouterId, SortedSet<String>> active) {
    if (active.isEmpty() || recording.caches().isEmpty()) {
      return null;
    }
    var all = new TreeSet<String>();
    active.values().forEach(all::addAll);
    return all.size() == 1
        && recording.caches().stream().allMatch(entry -> entry.routers().contains(all.first()));
  }

  private static @Nullable Double millis(OptionalLong nanos) {
    return nanos.isEmpty() ? null : millis(nanos.getAsLong());
  }

  /** Milliseconds to a tenth. */
  static double millis(long nanos) {
    return Math.round(nanos / 100_000.0) / 10.0;
  }
}
