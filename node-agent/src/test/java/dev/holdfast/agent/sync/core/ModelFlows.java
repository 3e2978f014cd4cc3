package dev.holdfast.agent.sync.core;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Ours as a plain map, slow and obvious: what a link may rely on, and nothing else. */
final class ModelFlows implements OwnFlows {
  /** One entry: what it says, and whether it is new (0), was updated (1) or ended (2). */
  private static final class Entry {
    final int reference;
    final String name;
    byte[] body = {};
    int happened;
    int firstType;
    long position;

    Entry(int reference, String name) {
      this.reference = reference;
      this.name = name;
    }
  }

  private final TreeMap<Long, Entry> byPosition = new TreeMap<>();
  private final Map<String, Entry> byName = new HashMap<>();
  private final Map<Integer, Entry> byReference = new HashMap<>();
  private final List<Long> cursors = new ArrayList<>();
  private long newest;
  private long forgotten;
  private int references;

  /** A flow was born or changed; its message will carry {@code body}. */
  void change(String name, byte... body) {
    Entry entry = byName.get(name);
    if (entry == null || entry.happened == 2) {
      forget(entry);
      entry = new Entry(references++, name);
      byName.put(name, entry);
      byReference.put(entry.reference, entry);
      tell(entry, 0, body);
    } else {
      tell(entry, 1, body);
    }
  }

  /** The same with the type said outright, flows 0 to 2 and expectations 3 to 5. */
  void set(String name, int type, byte... body) {
    Entry entry = byName.computeIfAbsent(name, n -> new Entry(references++, n));
    byReference.put(entry.reference, entry);
    entry.firstType = type >= 3 ? 3 : 0;
    tell(entry, type % 3, body);
  }

  void end(String name) {
    Entry entry = byName.get(name);
    if (entry != null && entry.happened != 2) {
      tell(entry, 2, entry.body);
    }
  }

  private void tell(Entry entry, int happened, byte... body) {
    byPosition.remove(entry.position);
    entry.happened = happened;
    entry.body = body;
    entry.position = ++newest;
    byPosition.put(entry.position, entry);
  }

  private void forget(@Nullable Entry entry) {
    if (entry != null) {
      byPosition.remove(entry.position);
      byName.remove(entry.name);
      byReference.remove(entry.reference);
    }
  }

  /** Names of what lives, with the first byte of its body. */
  Map<String, Integer> live() {
    Map<String, Integer> live = new TreeMap<>();
    byName.values().stream()
        .filter(e -> e.happened != 2)
        .forEach(e -> live.put(e.name, (int) e.body[0]));
    return live;
  }

  @Override
  public long newestPosition() {
    return newest;
  }

  @Override
  public long count() {
    return countAfter(0);
  }

  @Override
  public long countAfter(long position) {
    return byPosition.tailMap(position, false).values().stream()
        .filter(e -> e.happened != 2)
        .count();
  }

  @Override
  public int openCursor() {
    cursors.add(0L);
    return cursors.size() - 1;
  }

  @Override
  public void closeCursor(int cursor) {}

  @Override
  public void rewind(int cursor) {
    cursors.set(cursor, 0L);
  }

  @Override
  public int next(int cursor) {
    Map.Entry<Long, Entry> next = byPosition.higherEntry(cursors.get(cursor));
    if (next == null) {
      return NONE;
    }
    cursors.set(cursor, next.getKey());
    return next.getValue().reference;
  }

  @Override
  public void stepBack(int cursor) {
    cursors.set(cursor, cursors.get(cursor) - 1);
  }

  @Override
  public long position(int reference) {
    Entry entry = byReference.get(reference);
    return entry == null ? 0 : entry.position;
  }

  @Override
  public int encode(int reference, int sequence, ByteBuffer into) {
    Entry entry = byReference.get(reference);
    if (entry == null) {
      throw new IllegalStateException("no entry " + reference);
    }
    int bytes = 8 + entry.body.length;
    if (into.remaining() < bytes) {
      return 0;
    }
    into.put((byte) (0x10 | entry.firstType + entry.happened)).put((byte) 0);
    into.putShort((short) bytes).putInt(sequence).put(entry.body);
    return bytes;
  }

  @Override
  public void forgetEnded(long position) {
    List<Entry> ended =
        byPosition.headMap(position, true).values().stream().filter(e -> e.happened == 2).toList();
    ended.forEach(
        e -> {
          forgotten = Math.max(forgotten, e.position);
          forget(e);
        });
  }

  @Override
  public long forgottenPosition() {
    return forgotten;
  }
}
