package dev.holdfast.agent.flow;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@link FlowTable} is meant to be, without any of its cleverness: immutable, a map of
 * entries, an entry a map of attributes by name. The judge of the table in {@link
 * FlowTableHistoryTest}.
 */
record FlowModel(
    Map<Key, Entry> entries,
    Log ours,
    Log theirs,
    Map<Integer, Integer> sweeps,
    long refused,
    boolean overflowed,
    int entriesMax,
    int tombstonesMax) {

  record Key(boolean expectation, String tuple, int zone) {}

  /** {@code sweep}: number of the owner's sweep during which it was spoken of last. */
  record Entry(
      Key key,
      Map<String, Object> attributes,
      int owner,
      boolean ended,
      boolean grown,
      long position,
      int toldAt,
      int sweep) {}

  record Log(long newest, long forgotten) {}

  record Result(FlowModel model, Stored stored) {}

  static FlowModel empty(int entriesMax, int tombstonesMax) {
    return new FlowModel(
        Map.of(), new Log(0, 0), new Log(0, 0), Map.of(), 0, false, entriesMax, tombstonesMax);
  }

  Result store(
      int owner,
      Telling telling,
      Key key,
      Map<String, Object> told,
      boolean takeOver,
      int nowSeconds) {
    Entry held = entries.get(key);
    if (held == null || held.ended()) {
      return insert(owner, key, told, nowSeconds, held != null);
    }
    if (held.owner() != owner && !takeOver) {
      return new Result(this, Stored.HELD_BY_OTHER);
    }
    Map<String, Object> now =
        key.expectation()
            ? told
            : switch (telling) {
              case BORN, SEEN -> told;
              case UPDATED -> merged(held.attributes(), told);
              case SEEN_BEFORE -> merged(told, held.attributes());
            };
    boolean changed = !news(now).equals(news(held.attributes())) || held.owner() != owner;
    int toldAt = key.expectation() || told.containsKey("timeout") ? nowSeconds : held.toldAt();
    var entry =
        new Entry(
            key,
            now,
            owner,
            false,
            changed ? telling != Telling.BORN : held.grown(),
            held.position(),
            toldAt,
            sweepOf(owner));
    return changed
        ? new Result(append(entry), Stored.CHANGED)
        : new Result(with(entry), Stored.REFRESHED);
  }

  private Result insert(
      int owner, Key key, Map<String, Object> told, int nowSeconds, boolean revived) {
    FlowModel room = this;
    if (!revived && entries.size() >= entriesMax) {
      long oursEnded = tombstones(true);
      long theirsEnded = tombstones(false);
      if (oursEnded + theirsEnded == 0) {
        return new Result(
            new FlowModel(
                entries, ours, theirs, sweeps, refused + 1, true, entriesMax, tombstonesMax),
            Stored.FULL);
      }
      room = forgetOldest(oursEnded >= theirsEnded);
    }
    var entry = new Entry(key, told, owner, false, false, 0, nowSeconds, sweepOf(owner));
    return new Result(room.append(entry), Stored.INSERTED);
  }

  private static Map<String, Object> merged(Map<String, Object> held, Map<String, Object> told) {
    var merged = new TreeMap<>(held);
    if (told.containsKey("replyKnown")) {
      merged.keySet().removeIf(name -> name.endsWith("Nat"));
    } else {
      told = new TreeMap<>(told);
      told.remove("reply");
    }
    merged.putAll(told);
    return merged;
  }

  /** What a peer would want to know: without zeros, and without what differs at every look. */
  private static Map<String, Object> news(Map<String, Object> attributes) {
    var news = new TreeMap<>(attributes);
    news.keySet().removeAll(List.of("timeout", "id"));
    news.keySet().removeIf(name -> name.endsWith("Nat") || name.endsWith("Known"));
    for (String flags : List.of("tcpFlagsOriginal", "tcpFlagsReply")) {
      news.computeIfPresent(flags, (_, value) -> (Integer) value & 0x0b);
    }
    news.values().removeIf(value -> value.equals(0) || value.equals(""));
    return news;
  }

  FlowModel end(Key key) {
    Entry held = entries.get(key);
    return held == null ? this : end(key, held.owner());
  }

  FlowModel end(Key key, int owner) {
    Entry held = entries.get(key);
    if (held == null || held.ended()) {
      return this;
    }
    FlowModel ended =
        append(
            new Entry(key, held.attributes(), owner, true, false, 0, held.toldAt(), held.sweep()));
    boolean inOurs = owner == 0;
    return ended.tombstones(inOurs) > tombstonesMax ? ended.forgetOldest(inOurs) : ended;
  }

  FlowModel tellAgain(Key key) {
    Entry held = entries.get(key);
    return held == null || held.ended() ? this : append(held);
  }

  FlowModel adopt(int most) {
    FlowModel model = this;
    for (Entry entry : inOrder(false).stream().filter(e -> !e.ended()).limit(most).toList()) {
      model =
          model.append(
              new Entry(
                  entry.key(), entry.attributes(), 0, false, true, 0, entry.toldAt(), sweepOf(0)));
    }
    return model;
  }

  FlowModel forgetEnded(boolean inOurs, long position) {
    FlowModel model = this;
    for (Entry entry : inOrder(inOurs)) {
      if (entry.ended() && entry.position() <= position) {
        model = model.forgetOldest(inOurs);
      }
    }
    return model;
  }

  FlowModel beginSweep(int owner) {
    var begun = new HashMap<>(sweeps);
    begun.merge(owner, 1, Integer::sum);
    return new FlowModel(
        entries, ours, theirs, begun, refused, overflowed, entriesMax, tombstonesMax);
  }

  /** The table ends entries in the order of their slots, which is not ours to know. */
  List<Key> unspokenOf(int owner) {
    return entries.values().stream()
        .filter(e -> !e.ended() && e.owner() == owner && e.sweep() != sweepOf(owner))
        .map(Entry::key)
        .toList();
  }

  private int sweepOf(int owner) {
    return sweeps.getOrDefault(owner, 0);
  }

  private FlowModel forgetOldest(boolean inOurs) {
    Entry oldest = inOrder(inOurs).stream().filter(Entry::ended).findFirst().orElseThrow();
    var left = new HashMap<>(entries);
    left.remove(oldest.key());
    return new FlowModel(
        left,
        inOurs ? new Log(ours.newest(), oldest.position()) : ours,
        inOurs ? theirs : new Log(theirs.newest(), oldest.position()),
        sweeps,
        refused,
        overflowed,
        entriesMax,
        tombstonesMax);
  }

  private FlowModel append(Entry entry) {
    boolean inOurs = entry.owner() == 0;
    long position = (inOurs ? ours : theirs).newest() + 1;
    var now = new HashMap<>(entries);
    now.put(
        entry.key(),
        new Entry(
            entry.key(),
            entry.attributes(),
            entry.owner(),
            entry.ended(),
            entry.grown(),
            position,
            entry.toldAt(),
            entry.sweep()));
    return new FlowModel(
        now,
        inOurs ? new Log(position, ours.forgotten()) : ours,
        inOurs ? theirs : new Log(position, theirs.forgotten()),
        sweeps,
        refused,
        overflowed,
        entriesMax,
        tombstonesMax);
  }

  private FlowModel with(Entry entry) {
    var now = new HashMap<>(entries);
    now.put(entry.key(), entry);
    return new FlowModel(now, ours, theirs, sweeps, refused, overflowed, entriesMax, tombstonesMax);
  }

  /** One log, oldest first. */
  List<Entry> inOrder(boolean inOurs) {
    return entries.values().stream()
        .filter(e -> (e.owner() == 0) == inOurs)
        .sorted(Comparator.comparingLong(Entry::position))
        .toList();
  }

  long tombstones(boolean inOurs) {
    return inOrder(inOurs).stream().filter(Entry::ended).count();
  }

  long liveAfter(boolean inOurs, long position) {
    return inOrder(inOurs).stream().filter(e -> !e.ended() && e.position() > position).count();
  }

  @Nullable Entry firstAfter(boolean inOurs, long position) {
    return inOrder(inOurs).stream().filter(e -> e.position() > position).findFirst().orElse(null);
  }

  long lastUpTo(boolean inOurs, long position) {
    return inOrder(inOurs).stream()
        .mapToLong(Entry::position)
        .filter(p -> p <= position)
        .max()
        .orElse(0);
  }
}
