package dev.holdfast.agent.sync.core;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.ObjLongConsumer;

/** One counter per reason. */
public final class Drops<R extends Enum<R>> {
  private final Map<R, long[]> counts;

  public Drops(Class<R> reasons) {
    counts = new EnumMap<>(reasons);
    for (R reason : Objects.requireNonNull(reasons.getEnumConstants(), "an enum")) {
      counts.put(reason, new long[1]);
    }
  }

  public void count(R reason) {
    counter(reason)[0]++;
  }

  public long of(R reason) {
    return counter(reason)[0];
  }

  public long total() {
    long total = 0;
    for (long[] count : counts.values()) {
      total += count[0];
    }
    return total;
  }

  /** Hands over every reason that has been counted. */
  public void forEach(ObjLongConsumer<R> take) {
    counts.forEach(
        (reason, count) -> {
          if (count[0] > 0) {
            take.accept(reason, count[0]);
          }
        });
  }

  private long[] counter(R reason) {
    return Objects.requireNonNull(counts.get(reason), "every reason has its counter");
  }
}
