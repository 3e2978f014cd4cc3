package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.core.ConntrackdCounters;
import dev.holdfast.agent.sync.wire.MessageDrop;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What did not count beside a conntrackd")
class ConntrackdWireTest {
  private final ConntrackdCounters counters = new ConntrackdCounters();

  @Test
  void isNothingWhileEverythingCounts() {
    assertThat(ConntrackdWire.dropped(counters, 0, 0)).isEmpty();
  }

  @Test
  void isToldByReason() {
    counters.drops.count(MessageDrop.BAD_ATTRIBUTE_SIZE);
    counters.drops.count(MessageDrop.BAD_ATTRIBUTE_SIZE);
    counters.controlsDropped = 3;
    counters.resendOverflow = 4;

    assertThat(ConntrackdWire.dropped(counters, 5, 6))
        .isEqualTo(
            Map.of(
                "BadAttributeSize", 2L,
                "ControlQueueFull", 3L,
                "ResendQueueFull", 4L,
                "Stranger", 5L,
                "Oversized", 6L));
  }
}
