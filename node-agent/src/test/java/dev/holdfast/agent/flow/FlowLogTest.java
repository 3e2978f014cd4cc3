package dev.holdfast.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The change log of the flow table")
class FlowLogTest {
  private final FlowTable table = new FlowTable(FlowMemory.onHeap(), 1, 1000, 100);
  private final FlowLog log = table.ours();
  private final int[] handles = new int[10];

  private static FlowEntry flow(int number) {
    return Flows.tcp("192.168.0.50", number, "198.51.100.7", 443);
  }

  @BeforeEach
  void tenFlows() {
    for (int i = 0; i < 10; i++) {
      table.store(FlowTable.OURS, Telling.BORN, flow(i), true, 0);
      handles[i] = table.lastHandle();
    }
  }

  private void change(int number) {
    FlowEntry flow = flow(number);
    flow.mark = (int) log.newestPosition();
    flow.has |= FlowEntry.HAS_MARK;
    table.store(FlowTable.OURS, Telling.UPDATED, flow, true, 0);
  }

  private List<Integer> readAll(int cursor) {
    var read = new ArrayList<Integer>();
    for (int handle = log.next(cursor); handle != FlowLog.NONE; handle = log.next(cursor)) {
      read.add(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9).get(indexOf(handle)));
    }
    return read;
  }

  private int indexOf(int handle) {
    for (int i = 0; i < handles.length; i++) {
      if (handles[i] == handle) {
        return i;
      }
    }
    throw new AssertionError("no flow has handle " + handle);
  }

  @Test
  void aReaderGetsEveryEntryInTheOrderOfItsLastChange() {
    change(3);
    change(0);

    assertThat(readAll(log.openCursor())).containsExactly(1, 2, 4, 5, 6, 7, 8, 9, 3, 0);
  }

  @Test
  void tenChangesBeforeReadingAreOneEntry() {
    int cursor = log.openCursor();
    readAll(cursor);
    for (int i = 0; i < 10; i++) {
      change(4);
    }

    assertThat(readAll(cursor)).containsExactly(4);
    assertThat(log.position(handles[4])).isEqualTo(20);
  }

  @Test
  void aCursorStepsBackWhenTheEntryUnderItMoves() {
    int cursor = log.openCursor();
    log.next(cursor);
    log.next(cursor);
    change(1);

    assertThat(readAll(cursor)).containsExactly(2, 3, 4, 5, 6, 7, 8, 9, 1);
  }

  @Test
  void aCursorOnTheNewestEntryGetsThatEntryAgainWhenItChanges() {
    int cursor = log.openCursor();
    readAll(cursor);
    change(9);

    assertThat(readAll(cursor)).containsExactly(9);
  }

  @Test
  void aCursorOnAForgottenEntryGoesOn() {
    int cursor = log.openCursor();
    table.end(handles[0]);
    readAll(cursor);
    log.forgetEnded(log.newestPosition());
    change(5);

    assertThat(readAll(cursor)).containsExactly(5);
  }

  @Test
  void steppingBackGivesTheSameEntryAgain() {
    int cursor = log.openCursor();
    int first = log.next(cursor);
    log.stepBack(cursor);

    assertThat(log.next(cursor)).isEqualTo(first);
  }

  @Test
  void aRewoundCursorReadsEverythingAgain() {
    int cursor = log.openCursor();
    readAll(cursor);
    log.rewind(cursor);

    assertThat(readAll(cursor)).hasSize(10);
  }

  @Test
  void readersDoNotDisturbEachOther() {
    int one = log.openCursor();
    int two = log.openCursor();
    readAll(one);
    change(2);

    assertThat(readAll(two)).hasSize(10);
    assertThat(readAll(one)).containsExactly(2);
    log.closeCursor(one);
    assertThat(log.openCursor()).isEqualTo(one);
  }

  @Test
  void tombstonesAreReadButNotCounted() {
    table.end(handles[2]);

    assertThat(log.count()).isEqualTo(9);
    assertThat(readAll(log.openCursor())).containsExactly(0, 1, 3, 4, 5, 6, 7, 8, 9, 2);
  }

  @Test
  void countsWhatIsNewerThanAPosition() {
    assertThat(log.countAfter(0)).isEqualTo(10);
    assertThat(log.countAfter(4)).isEqualTo(6);
    change(0);
    assertThat(log.countAfter(4)).isEqualTo(7);
    change(9);
    assertThat(log.countAfter(4)).isEqualTo(7);
    table.end(handles[8]);
    assertThat(log.countAfter(4)).isEqualTo(6);
    assertThat(log.countAfter(10)).isEqualTo(2);
    assertThat(log.countAfter(3)).isEqualTo(7);
    assertThat(log.countAfter(log.newestPosition())).isZero();
    assertThat(log.countAfter(0)).isEqualTo(9);
  }

  @Test
  void whatIsToldAgainKeepsItsContentAndTakesAPosition() {
    table.tellAgain(handles[0]);

    assertThat(log.position(handles[0])).isEqualTo(11);
    assertThat(table.hasGrown(handles[0])).isFalse();
  }

  @Test
  void aReusedHandleHasAHigherPosition() {
    table.end(handles[0]);
    long position = log.position(handles[0]);
    log.forgetEnded(position);
    table.store(FlowTable.OURS, Telling.BORN, flow(77), true, 0);

    assertThat(table.lastHandle()).isEqualTo(handles[0]);
    assertThat(log.position(handles[0])).isGreaterThan(position);
  }
}
