package dev.holdfast.lab.measure.judge;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Arithmetic of {@link Span}s. Results are in order of time and do not touch each other. */
public final class Spans {

  private Spans() {}

  /** The same moments with touching spans made one. */
  public static List<Span> union(Collection<Span> spans) {
    var sorted = new ArrayList<>(spans);
    sorted.sort(Comparator.comparingLong(Span::fromNanos));
    var merged = new ArrayList<Span>();
    for (Span next : sorted) {
      Span last = merged.isEmpty() ? null : merged.getLast();
      if (last != null && last.touches(next)) {
        merged.set(
            merged.size() - 1,
            new Span(last.fromNanos(), Math.max(last.toNanos(), next.toNanos())));
      } else {
        merged.add(next);
      }
    }
    return merged;
  }

  /** The moments that are in both. */
  public static List<Span> common(Collection<Span> some, Collection<Span> others) {
    var common = new ArrayList<Span>();
    for (Span a : union(some)) {
      for (Span b : union(others)) {
        long from = Math.max(a.fromNanos(), b.fromNanos());
        long to = Math.min(a.toNanos(), b.toNanos());
        if (from < to) {
          common.add(new Span(from, to));
        }
      }
    }
    return union(common);
  }

  /** The moments of the window that are in none of the spans. */
  public static List<Span> uncovered(Collection<Span> spans, Span window) {
    var free = new ArrayList<Span>();
    long from = window.fromNanos();
    for (Span span : union(spans)) {
      if (span.fromNanos() > from) {
        long to = Math.min(span.fromNanos(), window.toNanos());
        if (to > from) {
          free.add(new Span(from, to));
        }
      }
      from = Math.max(from, span.toNanos());
    }
    if (from < window.toNanos()) {
      free.add(new Span(from, window.toNanos()));
    }
    return free;
  }

  /**
   * The moments in which at least two of the parties were there at once.
   *
   * @param parties each party's own spans
   */
  public static List<Span> atLeastTwo(Collection<List<Span>> parties) {
    var all = List.copyOf(parties);
    var shared = new ArrayList<Span>();
    for (int i = 0; i < all.size(); i++) {
      for (int j = i + 1; j < all.size(); j++) {
        shared.addAll(common(all.get(i), all.get(j)));
      }
    }
    return union(shared);
  }

  public static long totalNanos(Collection<Span> spans) {
    return union(spans).stream().mapToLong(Span::nanos).sum();
  }

  public static long longestNanos(Collection<Span> spans) {
    return union(spans).stream().mapToLong(Span::nanos).max().orElse(0);
  }
}
