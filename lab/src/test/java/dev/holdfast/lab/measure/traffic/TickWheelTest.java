package dev.holdfast.lab.measure.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A wheel of things that are due once in a period")
class TickWheelTest {

  private static final long MILLI = 1_000_000;

  private static List<String> turn(TickWheel<String> wheel, long atMillis) {
    var due = new ArrayList<String>();
    wheel.advance(atMillis * MILLI, due::add);
    return due;
  }

  @Test
  void eachItemIsDueOnceInAPeriod() {
    var wheel = new TickWheel<String>(10);
    List.of("a", "b", "c").forEach(wheel::add);

    var due = new ArrayList<String>();
    for (long at = 0; at < 30; at++) {
      due.addAll(turn(wheel, at));
    }

    assertThat(due).hasSize(9).containsOnly("a", "b", "c");
  }

  @Test
  void itemsAreSpreadOverThePeriod() {
    var wheel = new TickWheel<String>(10);
    for (int i = 0; i < 10; i++) {
      wheel.add("item " + i);
    }

    for (long at = 0; at < 10; at++) {
      assertThat(turn(wheel, at)).hasSize(1);
    }
  }

  @Test
  void aTurnInTheSameSlotBringsNothingTwice() {
    var wheel = new TickWheel<String>(1);
    wheel.add("a");

    assertThat(turn(wheel, 5)).containsExactly("a");
    assertThat(turn(wheel, 5)).isEmpty();
  }

  @Test
  void whoMissedManyRoundsCatchesUpWithOne() {
    var wheel = new TickWheel<String>(10);
    List.of("a", "b").forEach(wheel::add);
    turn(wheel, 0);

    assertThat(turn(wheel, 500)).containsExactlyInAnyOrder("a", "b");
  }
}
