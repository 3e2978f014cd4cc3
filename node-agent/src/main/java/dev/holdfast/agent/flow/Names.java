package dev.holdfast.agent.flow;

import java.util.ArrayList;
import java.util.List;

/**
 * Names of helpers and functions by small numbers: a kernel knows a dozen. Number 0 is the empty
 * name. At the bound (255) a further name is refused and counted: the flow is kept without it.
 */
final class Names {
  private static final int BOUND = 256;

  private final List<byte[]> names = new ArrayList<>(List.of(new byte[0]));
  private long refused;

  int number(ShortName name) {
    if (name.isEmpty()) {
      return 0;
    }
    for (int i = 1; i < names.size(); i++) {
      if (name.sameAs(names.get(i))) {
        return i;
      }
    }
    if (names.size() == BOUND) {
      refused++;
      return 0;
    }
    names.add(name.toBytes());
    return names.size() - 1;
  }

  void read(int number, ShortName into) {
    into.set(names.get(number));
  }

  long refused() {
    return refused;
  }
}
