package dev.holdfast.agent.flow;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Names of helpers and functions by small numbers: a kernel knows a dozen. Number 0 is the empty
 * name. At the bound (255) a further name is refused and counted: the flow is kept without it.
 */
final class Names {
  private static final int BOUND = 256;

  private @Nullable byte[][] names = new byte[16][];
  private int count = 1;
  private long refused;

  int number(ShortName name) {
    if (name.isEmpty()) {
      return 0;
    }
    for (int i = 1; i < count; i++) {
      byte[] known = names[i];
      if (known != null && name.sameAs(known)) {
        return i;
      }
    }
    if (count == BOUND) {
      refused++;
      return 0;
    }
    if (count == names.length) {
      names = Arrays.copyOf(names, 2 * count);
    }
    names[count] = name.toBytes();
    return count++;
  }

  void read(int number, ShortName into) {
    byte[] name = names[number];
    if (name == null) {
      into.clear();
    } else {
      into.set(name);
    }
  }

  long refused() {
    return refused;
  }
}
