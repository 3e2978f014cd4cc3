package dev.holdfast.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("The flow table and its slow model, through the same random history,")
class FlowTableHistoryTest {
  private static final int STEPS = 30_000;
  private static final int ENTRIES_MAX = 120;
  private static final int TOMBSTONES_MAX = 20;
  private static final int KEYS = 200;
  private static final int READERS = 3;
  private static final List<Telling> TELLINGS = List.of(Telling.values());

  static LongStream seeds() {
    return LongStream.range(0, 5);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void agreeAfterEveryStep(long seed) {
    new History(seed).run();
  }

  /** One history: the table, the model, and how far each reader of each log has come in both. */
  private static final class History {
    private final long seed;
    private final Random random;
    private final RandomFlows flows;
    private final FlowTable table;
    private FlowModel model = FlowModel.empty(ENTRIES_MAX, TOMBSTONES_MAX);
    private final int[][] cursors = new int[2][READERS];
    private final long[][] modelCursors = new long[2][READERS];
    private final FlowEntry found = new FlowEntry();
    private final ExpectEntry foundExpectation = new ExpectEntry();

    History(long seed) {
      this.seed = seed;
      random = new Random(seed);
      flows = new RandomFlows(random, KEYS);
      table = new FlowTable(FlowMemory.onHeap(), seed, ENTRIES_MAX, TOMBSTONES_MAX);
      for (int log = 0; log < 2; log++) {
        for (int i = 0; i < READERS; i++) {
          cursors[log][i] = log(log).openCursor();
        }
      }
    }

    private FlowLog log(int log) {
      return log == 0 ? table.ours() : table.theirs();
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        step(step);
        checkCounts(step);
        if (step % 100 == 0) {
          checkAll(step);
        }
      }
      checkAll(STEPS);
    }

    private void step(int step) {
      int log = random.nextInt(2);
      switch (random.nextInt(40)) {
        case 0, 1, 2, 3, 4, 5 -> end(step);
        case 6 -> storeExpectation(step);
        case 7 -> tellAgain();
        case 8 -> adopt();
        case 9, 10 -> forget(log);
        case 11 -> sweep(step);
        case 12, 13, 14, 15 -> readSome(log);
        case 16 -> rewind(log);
        case 17 -> stepBack(log);
        case 18, 19 -> countAfter(log);
        default -> storeFlow(step);
      }
    }

    private void storeFlow(int step) {
      FlowEntry flow = flows.flow();
      int owner = random.nextInt(3);
      Telling telling = TELLINGS.get(random.nextInt(TELLINGS.size()));
      boolean takeOver = random.nextInt(3) == 0;
      FlowModel.Result expected =
          model.store(
              owner, telling, RandomFlows.key(flow), RandomFlows.attributes(flow), takeOver, step);
      Stored stored = table.store(owner, telling, flow, takeOver, step);
      assertThat(stored).as(where(step) + telling + flow).isEqualTo(expected.stored());
      model = expected.model();
    }

    private void storeExpectation(int step) {
      ExpectEntry expectation = flows.expectation();
      int owner = random.nextInt(3);
      FlowModel.Result expected =
          model.store(
              owner,
              Telling.UPDATED,
              RandomFlows.key(expectation),
              RandomFlows.attributes(expectation),
              true,
              step);
      Stored stored = table.store(owner, Telling.UPDATED, expectation, true, step);
      assertThat(stored).as(where(step)).isEqualTo(expected.stored());
      model = expected.model();
    }

    private int findSome() {
      if (random.nextInt(8) == 0) {
        ExpectEntry expectation = flows.expectation();
        return table.findExpectation(expectation.expected, expectation.zone);
      }
      FlowEntry flow = flows.flow();
      return table.find(flow.original, flow.zone);
    }

    private void end(int step) {
      int handle = findSome();
      if (handle != FlowTable.NONE) {
        FlowModel.Key key = keyOf(handle);
        boolean wasLive = table.isLive(handle);
        if (random.nextInt(3) == 0) {
          int owner = random.nextInt(3);
          assertThat(table.end(handle, owner)).as(where(step)).isEqualTo(wasLive);
          model = model.end(key, owner);
        } else {
          assertThat(table.end(handle)).as(where(step)).isEqualTo(wasLive);
          model = model.end(key);
        }
      }
    }

    private void tellAgain() {
      int handle = findSome();
      if (handle != FlowTable.NONE) {
        model = model.tellAgain(keyOf(handle));
        table.tellAgain(handle);
      }
    }

    private void adopt() {
      int most = random.nextInt(10);
      table.adopt(most);
      model = model.adopt(most);
    }

    private void forget(int log) {
      long position = Math.max(0, log(log).newestPosition() - random.nextInt(60));
      log(log).forgetEnded(position);
      model = model.forgetEnded(log == 0, position);
    }

    private void sweep(int step) {
      int owner = random.nextInt(3);
      FlowTable.Sweep sweep = table.beginSweep(owner);
      model = model.beginSweep(owner);
      for (int i = 0; i < 60; i++) {
        storeFlow(step);
      }
      // The order of the sweep is the order of slots: take it from the table.
      List<FlowModel.Key> unspoken = model.unspokenOf(owner);
      List<FlowModel.Key> inSlotOrder = new ArrayList<>();
      for (int h = table.nextLive(FlowTable.NONE); h != FlowTable.NONE; h = table.nextLive(h)) {
        FlowModel.Key key = keyOf(h);
        if (unspoken.contains(key)) {
          inSlotOrder.add(key);
        }
      }
      while (!sweep.step(11)) {
        assertThat(sweep.ended()).isLessThanOrEqualTo(unspoken.size());
      }
      assertThat(sweep.ended()).as(where(step)).isEqualTo(unspoken.size());
      for (FlowModel.Key key : inSlotOrder) {
        model = model.end(key);
      }
    }

    private void readSome(int log) {
      int reader = random.nextInt(READERS);
      for (int i = random.nextInt(20); i >= 0; i--) {
        int handle = log(log).next(cursors[log][reader]);
        FlowModel.Entry expected = model.firstAfter(log == 0, modelCursors[log][reader]);
        if (expected == null) {
          assertThat(handle).isEqualTo(FlowLog.NONE);
          return;
        }
        assertThat(keyOf(handle)).isEqualTo(expected.key());
        modelCursors[log][reader] = expected.position();
      }
    }

    private void rewind(int log) {
      int reader = random.nextInt(READERS);
      log(log).rewind(cursors[log][reader]);
      modelCursors[log][reader] = 0;
    }

    private void stepBack(int log) {
      int reader = random.nextInt(READERS);
      log(log).stepBack(cursors[log][reader]);
      long at = model.lastUpTo(log == 0, modelCursors[log][reader]);
      modelCursors[log][reader] = model.lastUpTo(log == 0, at - 1);
    }

    private void countAfter(int log) {
      long newest = log(log).newestPosition();
      long position = Math.max(0, newest - random.nextInt(2 * ENTRIES_MAX));
      assertThat(log(log).countAfter(position)).isEqualTo(model.liveAfter(log == 0, position));
    }

    private void checkCounts(int step) {
      assertThat(table.used()).as(where(step)).isEqualTo(model.entries().size());
      assertThat(table.refused()).isEqualTo(model.refused());
      assertThat(table.overflowed()).isEqualTo(model.overflowed());
      assertThat(table.ours().newestPosition()).isEqualTo(model.ours().newest());
      assertThat(table.theirs().newestPosition()).isEqualTo(model.theirs().newest());
      assertThat(table.ours().forgottenPosition()).isEqualTo(model.ours().forgotten());
      assertThat(table.theirs().forgottenPosition()).isEqualTo(model.theirs().forgotten());
    }

    private void checkAll(int step) {
      for (int log = 0; log < 2; log++) {
        boolean inOurs = log == 0;
        assertThat(log(log).count()).isEqualTo(model.liveAfter(inOurs, 0));
        assertThat((long) log(log).tombstones()).isEqualTo(model.tombstones(inOurs));
        int cursor = log(log).openCursor();
        for (FlowModel.Entry expected : model.inOrder(inOurs)) {
          check(step, log(log).next(cursor), expected);
        }
        assertThat(log(log).next(cursor)).isEqualTo(FlowLog.NONE);
        log(log).closeCursor(cursor);
      }
      for (int owner = 0; owner < 3; owner++) {
        int wanted = owner;
        assertThat((long) table.count(owner))
            .isEqualTo(
                model.entries().values().stream()
                    .filter(e -> !e.ended() && e.owner() == wanted)
                    .count());
      }
      assertThat((long) table.expectations())
          .isEqualTo(
              model.entries().values().stream()
                  .filter(e -> !e.ended() && e.key().expectation())
                  .count());
    }

    private void check(int step, int handle, FlowModel.@Nullable Entry expected) {
      assertThat(expected).isNotNull();
      assertThat(keyOf(handle)).as(where(step)).isEqualTo(expected.key());
      assertThat(table.position(handle)).isEqualTo(expected.position());
      assertThat(table.ownerOf(handle)).isEqualTo(expected.owner());
      assertThat(table.isEnded(handle)).isEqualTo(expected.ended());
      assertThat(table.hasGrown(handle)).isEqualTo(expected.grown());
      assertThat(readAttributes(handle)).as(where(step)).isEqualTo(shown(expected));
      if (!expected.ended()) {
        assertThat(table.toldAtSeconds(handle)).isEqualTo(expected.toldAt());
      }
    }

    /** A tombstone does not keep the kernel's identifier. */
    private static Map<String, Object> shown(FlowModel.Entry entry) {
      var shown = new TreeMap<>(entry.attributes());
      if (entry.ended()) {
        shown.remove("id");
      }
      return shown;
    }

    private Map<String, Object> readAttributes(int handle) {
      if (table.isExpectation(handle)) {
        table.read(handle, foundExpectation);
        return RandomFlows.attributes(foundExpectation);
      }
      table.read(handle, found);
      return RandomFlows.attributes(found);
    }

    private FlowModel.Key keyOf(int handle) {
      if (table.isExpectation(handle)) {
        table.read(handle, foundExpectation);
        return RandomFlows.key(foundExpectation);
      }
      table.read(handle, found);
      return RandomFlows.key(found);
    }

    private String where(int step) {
      return "seed " + seed + " step " + step + " ";
    }
  }
}
