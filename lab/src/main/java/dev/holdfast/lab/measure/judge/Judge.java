package dev.holdfast.lab.measure.judge;

import dev.holdfast.lab.fault.FaultKind;
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
    OptionalLong gapNanos = gapNanos(recording);
    Map<VirtualRouterId, SortedSet<String>> active =
        RoleJudge.activeAtEnd(recording.adverts(), window);
    FlowCounts echo = FlowJudge.count(recording.flows(), FlowKind.ECHO, window, gapNanos);
    FlowCounts push = FlowJudge.count(recording.flows(), FlowKind.PUSH, window, gapNanos);
    FlowCounts udp = FlowJudge.count(recording.flows(), FlowKind.UDP, window, gapNanos);
    FlowCounts inward = FlowJudge.countPortForwards(recording.flows(), window, gapNanos);
    return new Figures(
        gapMillis(recording.probesUp(), window),
        gapMillis(recording.probesDown(), window),
        lost(recording.probesUp(), window),
        lost(recording.probesDown(), window),
        echo,
        push,
        udp,
        inward,
        millis(FlowJudge.longestStallNanos(recording.flows(), window)),
        millis(FlowJudge.longestOtherStallNanos(recording.flows(), window)),
        slowest(faults, FaultFigures::roleMillis),
        slowest(faults, FaultFigures::addressMillis),
        millis(RoleJudge.twoActiveNanos(RoleJudge.activities(recording.adverts()), window)),
        millis(RoleJudge.noActiveNanos(recording.adverts(), window)),
        millis(AddressJudge.twoHoldersNanos(recording.holds(), window)),
        ConnectionCounts.of(recording.connections(), window),
        millis(floorStallNanos(recording)),
        active.isEmpty() ? null : oneActive(active),
        cachesRight(recording, active),
        recording.tables(),
        tracked(recording, active, echo.plus(push).plus(udp).plus(inward).kept()),
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
    return millis(gapNanos(traces, window));
  }

  private static OptionalLong gapNanos(List<ProbeTrace> traces, Span window) {
    return traces.stream()
        .filter(trace -> ProbeJudge.sent(trace, window) > 0)
        .mapToLong(trace -> Spans.longestNanos(ProbeJudge.gaps(trace, window)))
        .max();
  }

  /**
   * For how long no flow could be expected to speak. Frames that are lost at random say nothing of
   * it: a flow can be unlucky for longer than all probes.
   */
  private static OptionalLong gapNanos(Recording recording) {
    boolean lossy =
        recording.marks().stream().anyMatch(mark -> mark.name().equals(FaultKind.LOSS.text()));
    OptionalLong up = gapNanos(recording.probesUp(), recording.window());
    OptionalLong down = gapNanos(recording.probesDown(), recording.window());
    return lossy || up.isEmpty() || down.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(up.getAsLong(), down.getAsLong()) + floorStallNanos(recording));
  }

  private static long floorStallNanos(Recording recording) {
    return Spans.longestNanos(Spans.common(recording.floorStalls(), List.of(recording.window())));
  }

  private static long lost(List<ProbeTrace> traces, Span window) {
    return traces.stream().mapToLong(trace -> ProbeJudge.lost(trace, window)).sum();
  }

  private static @Nullable Double slowest(
      List<FaultFigures> faults, Function<FaultFigures, @Nullable Double> figure) {
    return faults.stream().map(figure).filter(Objects::nonNull).max(Double::compare).orElse(null);
  }

  private static boolean oneActive(Map<VirtualRouterId, SortedSet<String>> active) {
    return everyone(active).size() == 1 && active.values().stream().noneMatch(Set::isEmpty);
  }

  private static SortedSet<String> everyone(Map<VirtualRouterId, SortedSet<String>> active) {
    var all = new TreeSet<String>();
    active.values().forEach(all::addAll);
    return all;
  }

  /** A flow that carries data and that the active router's kernel does not know goes round it. */
  private static @Nullable Boolean tracked(
      Recording recording, Map<VirtualRouterId, SortedSet<String>> active, long kept) {
    if (active.isEmpty() || !oneActive(active)) {
      return null;
    }
    TableSizes table = recording.tables().get(everyone(active).first());
    return table == null ? null : table.after() >= kept;
  }

  private static @Nullable Boolean cachesRight(
      Recording recording, Map<VirtualRouterId, SortedSet<String>> active) {
    if (active.isEmpty() || recording.caches().isEmpty()) {
      return null;
    }
    SortedSet<String> all = everyone(active);
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
