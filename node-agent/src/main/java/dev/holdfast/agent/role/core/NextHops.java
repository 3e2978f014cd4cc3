package dev.holdfast.agent.role.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Whether the next hops are there: each is asked once a second, by ARP or ND.
 *
 * <pre>
 * | a next hop | event                                        | next    |
 * |------------|----------------------------------------------|---------|
 * | answers    | the 3rd question in a row without an answer  | silent  |
 * | answers    | the same, while this router is active        | answers |
 * | answers    | the 4th, while this router is active         | silent  |
 * | silent     | the 2nd question in a row with an answer     | answers |
 * | any        | its network has no carrier                   | answers |
 * </pre>
 *
 * <p>The active router gives its next hop one question more. The routers ask up to a second apart:
 * when the next hop itself is gone (a modem reboots), every backup has said so before the active
 * one compares faults, and the role stays where it is. So the loss is found after two to three
 * seconds by a backup, after three to five by the active router.
 *
 * <p>A network without carrier has that fault already, and its next hop is asked afresh afterwards.
 *
 * <p>Immutable. Times are monotonic nanoseconds.
 *
 * @param watched every next hop
 * @param askAtNanos when they are asked next
 */
public record NextHops(SortedMap<NextHop, Watch> watched, long askAtNanos) {
  static final int MISSES = 3;
  static final int MISSES_WHILE_ACTIVE = MISSES + 1;
  static final int ANSWERS = 2;
  private static final long EVERY_NANOS = 1_000_000_000L;

  /**
   * One next hop.
   *
   * @param asked a question is open
   * @param missed questions in a row without an answer
   * @param answered questions in a row with one
   * @param silent the judgement
   */
  public record Watch(boolean asked, int missed, int answered, boolean silent) {
    private static final Watch FRESH = new Watch(false, 0, 0, false);

    private Watch askedAgain(int missesAllowed) {
      int nowMissed = asked ? missed + 1 : missed;
      return new Watch(true, nowMissed, asked ? 0 : answered, silent || nowMissed >= missesAllowed);
    }

    private Watch answers() {
      return asked ? new Watch(false, 0, answered + 1, silent && answered + 1 < ANSWERS) : this;
    }
  }

  /** Where the next hops stand, and which of them must be asked now. */
  public record Round(NextHops next, List<NextHop> toAsk) {}

  public NextHops {
    watched = new TreeMap<>(watched);
  }

  /** The first questions are asked at once. */
  public static NextHops of(Collection<NextHop> hops, long nowNanos) {
    return new NextHops(new TreeMap<>(), nowNanos).watching(hops);
  }

  /** From now on these; what is known of those that stay is kept. */
  public NextHops watching(Collection<NextHop> hops) {
    var changed = new TreeMap<NextHop, Watch>();
    hops.forEach(hop -> changed.put(hop, watched.getOrDefault(hop, Watch.FRESH)));
    return new NextHops(changed, askAtNanos);
  }

  /**
   * It is time: judges the last questions and asks anew.
   *
   * @param active this router holds the role
   * @param hasCarrier by network
   */
  public Round ask(boolean active, Predicate<String> hasCarrier, long nowNanos) {
    var changed = new TreeMap<NextHop, Watch>();
    var toAsk = new ArrayList<NextHop>();
    watched.forEach(
        (hop, watch) -> {
          if (hasCarrier.test(hop.network())) {
            changed.put(hop, watch.askedAgain(active ? MISSES_WHILE_ACTIVE : MISSES));
            toAsk.add(hop);
          } else {
            changed.put(hop, Watch.FRESH);
          }
        });
    return new Round(new NextHops(changed, nowNanos + EVERY_NANOS), toAsk);
  }

  /** A next hop has answered. A second answer to one question counts for nothing. */
  public NextHops answered(NextHop hop) {
    var changed = new TreeMap<>(watched);
    changed.computeIfPresent(hop, (_, watch) -> watch.answers());
    return new NextHops(changed, askAtNanos);
  }

  /** Nothing ran here for this long: an answer may still be on its way to us. */
  public NextHops delayed(long nanos) {
    return new NextHops(watched, askAtNanos + nanos);
  }

  /** When {@link #ask} is wanted; empty when there is nothing to ask. */
  public OptionalLong deadlineNanos() {
    return watched.isEmpty() ? OptionalLong.empty() : OptionalLong.of(askAtNanos);
  }

  /** The networks that have a next hop which does not answer. */
  public SortedSet<String> silentNetworks() {
    var silent = new TreeSet<String>();
    watched.forEach(
        (hop, watch) -> {
          if (watch.silent()) {
            silent.add(hop.network());
          }
        });
    return silent;
  }
}
