package dev.holdfast.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.lab.measure.judge.ConnectionCounts;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The table of several faults on one lab")
class RoundsTableTest {

  private static final Figures FIGURES =
      new Figures(
          88.1,
          null,
          70,
          64,
          new FlowCounts(499, 1, 0),
          new FlowCounts(500, 0, 0),
          FlowCounts.NONE,
          FlowCounts.NONE,
          336.4,
          null,
          null,
          null,
          0,
          0,
          0,
          new ConnectionCounts(100, 0, 0),
          0,
          true,
          true,
          Map.of(),
          true,
          0,
          List.of());

  @Test
  void hasARowForEachWithWhatWasLostAndWhetherThePromiseHeld() {
    String table =
        RoundsTable.write(
            List.of(
                new RoundsTable.Round("api-stop,power-off", FIGURES, List.of()),
                new RoundsTable.Round("cordon", FIGURES, List.of("1 of 1000 flows were reset"))));

    assertThat(table.lines())
        .endsWith(
            "| `api-stop,power-off` | 999 of 1000 | 134 | 88 | - | 336 | held |",
            "| `cordon` | 999 of 1000 | 134 | 88 | - | 336 | 1 of 1000 flows were reset |");
  }
}
