package dev.holdfast.lab.measure.judge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;

/** Who was active and when, by the adverts that came in at the switches' ports. */
public final class RoleJudge {

  private RoleJudge() {}

  /**
   * The series of adverts. One ends with priority 0, or with the last advert before a silence of
   * more than three and a half of its sender's intervals: by then every listener has given up.
   *
   * @param adverts in any order
   */
  public static List<Activity> activities(List<AdvertSeen> adverts) {
    var sorted = new ArrayList<>(adverts);
    sorted.sort(Comparator.comparingLong(AdvertSeen::nanos));
    var open = new LinkedHashMap<Speaker, Series>();
    var done = new ArrayList<Activity>();
    for (AdvertSeen advert : sorted) {
      var speaker = new Speaker(advert.virtualRouter(), advert.router());
      Series series = open.get(speaker);
      if (series != null && advert.nanos() - series.lastNanos > series.patienceNanos) {
        done.add(series.end(speaker));
        open.remove(speaker);
        series = null;
      }
      if (advert.priority() == 0) {
        if (series != null) {
          series.lastNanos = advert.nanos();
          done.add(series.end(speaker));
          open.remove(speaker);
        }
      } else {
        open.computeIfAbsent(speaker, _ -> new Series(advert.nanos())).heard(advert);
      }
    }
    open.forEach((speaker, series) -> done.add(series.end(speaker)));
    done.sort(Comparator.comparingLong(activity -> activity.span().fromNanos()));
    return done;
  }

  /**
   * From the fault to the first advert of the new active, of the virtual router that came last; for
   * each only the first change of speaker counts.
   *
   * @param untilNanos changes from here on belong to the next fault
   * @return empty when no virtual router changed its speaker
   */
  public static OptionalLong roleNanos(List<AdvertSeen> adverts, long faultNanos, long untilNanos) {
    Map<VirtualRouterId, String> before = new HashMap<>();
    Map<VirtualRouterId, Long> changed = new HashMap<>();
    var sorted = new ArrayList<>(adverts);
    sorted.sort(Comparator.comparingLong(AdvertSeen::nanos));
    for (AdvertSeen advert : sorted) {
      if (advert.priority() == 0 || advert.nanos() >= untilNanos) {
        continue;
      }
      if (advert.nanos() < faultNanos) {
        before.put(advert.virtualRouter(), advert.router());
      } else if (!advert.router().equals(before.get(advert.virtualRouter()))) {
        changed.putIfAbsent(advert.virtualRouter(), advert.nanos() - faultNanos);
      }
    }
    return changed.values().stream().mapToLong(Long::longValue).max();
  }

  /** How long, of the virtual router that fared worst, two routers spoke at once. */
  public static long twoActiveNanos(List<Activity> activities, Span window) {
    long worst = 0;
    for (VirtualRouterId id : ids(activities)) {
      Map<String, List<Span>> byRouter = new HashMap<>();
      for (Activity activity : of(activities, id)) {
        byRouter.computeIfAbsent(activity.router(), _ -> new ArrayList<>()).add(activity.span());
      }
      List<Span> twice = Spans.common(Spans.atLeastTwo(byRouter.values()), List.of(window));
      worst = Math.max(worst, Spans.totalNanos(twice));
    }
    return worst;
  }

  /**
   * How long, of the virtual router that fared worst, nobody spoke: from the last advert of one
   * series to the first of the next. The pause that the run's end cuts off counts when it is longer
   * than a series would bear.
   */
  public static long noActiveNanos(List<AdvertSeen> adverts, Span window) {
    List<Activity> activities = activities(adverts);
    long patienceNanos = adverts.stream().mapToLong(RoleJudge::patienceNanos).max().orElse(0);
    long worst = 0;
    for (VirtualRouterId id : ids(activities)) {
      List<Span> spans = of(activities, id).stream().map(Activity::span).toList();
      long firstNanos = Math.max(window.fromNanos(), Spans.union(spans).getFirst().fromNanos());
      long silent = 0;
      for (Span free :
          Spans.uncovered(spans, new Span(firstNanos, Math.max(firstNanos, window.toNanos())))) {
        boolean cutOff = free.toNanos() == window.toNanos();
        silent += cutOff && free.nanos() <= patienceNanos ? 0 : free.nanos();
      }
      worst = Math.max(worst, silent);
    }
    return worst;
  }

  /** The router that spoke last for each virtual router with a series that reaches to the end. */
  public static Map<VirtualRouterId, SortedSet<String>> activeAtEnd(
      List<AdvertSeen> adverts, Span window) {
    Map<VirtualRouterId, SortedSet<String>> active = new LinkedHashMap<>();
    long patienceNanos = adverts.stream().mapToLong(RoleJudge::patienceNanos).max().orElse(0);
    for (Activity activity : activities(adverts)) {
      var routers = active.computeIfAbsent(activity.virtualRouter(), _ -> new TreeSet<>());
      if (window.toNanos() - activity.span().toNanos() <= patienceNanos) {
        routers.add(activity.router());
      }
    }
    return active;
  }

  private static long patienceNanos(AdvertSeen advert) {
    return advert.intervalNanos() * 7 / 2;
  }

  private static List<VirtualRouterId> ids(List<Activity> activities) {
    return activities.stream().map(Activity::virtualRouter).distinct().toList();
  }

  private static List<Activity> of(List<Activity> activities, VirtualRouterId id) {
    return activities.stream().filter(activity -> activity.virtualRouter().equals(id)).toList();
  }

  private record Speaker(VirtualRouterId virtualRouter, String router) {}

  private static final class Series {
    private final long firstNanos;
    private long lastNanos;
    private long patienceNanos;

    Series(long firstNanos) {
      this.firstNanos = firstNanos;
    }

    void heard(AdvertSeen advert) {
      lastNanos = advert.nanos();
      patienceNanos = patienceNanos(advert);
    }

    Activity end(Speaker speaker) {
      return new Activity(
          speaker.virtualRouter(), speaker.router(), new Span(firstNanos, lastNanos));
    }
  }
}
