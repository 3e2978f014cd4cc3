package dev.holdfast.lab.measure.judge;

import java.util.List;
import java.util.Map;

/**
 * Everything that was seen from outside during one run. All times are nanoseconds since the origin,
 * which lies just before the first event.
 *
 * @param window what is judged: from the moment when all traffic flowed until its end
 * @param marks the faults, in order of time
 * @param probesUp from the LAN to the internet, a trace for each family
 * @param probesDown the other way
 * @param tables the sizes of each router's connection table
 * @param caches what the hosts believed at the end
 * @param floorStalls when this machine gave the lab itself no time
 * @param probesUnread probes that came but that our own buffer had no room for: more than none
 *     spoils the run
 */
public record Recording(
    Span window,
    List<Mark> marks,
    List<ProbeTrace> probesUp,
    List<ProbeTrace> probesDown,
    List<FlowRecord> flows,
    List<ConnectionRecord> connections,
    List<AdvertSeen> adverts,
    List<HoldChange> holds,
    List<AnswerSeen> answers,
    Map<String, TableSizes> tables,
    List<CacheEntry> caches,
    List<Span> floorStalls,
    long probesUnread) {

  public Recording {
    marks = List.copyOf(marks);
    probesUp = List.copyOf(probesUp);
    probesDown = List.copyOf(probesDown);
    flows = List.copyOf(flows);
    connections = List.copyOf(connections);
    adverts = List.copyOf(adverts);
    holds = List.copyOf(holds);
    answers = List.copyOf(answers);
    tables = Map.copyOf(tables);
    caches = List.copyOf(caches);
    floorStalls = List.copyOf(floorStalls);
  }

  /** The moment that reports count from: the first fault, or the begin without one. */
  public long zeroNanos() {
    return marks.isEmpty() ? window.fromNanos() : marks.getFirst().nanos();
  }
}
