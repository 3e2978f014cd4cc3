package dev.holdfast.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The table of a bench")
class BenchReportTest {

  private static BenchTable table() {
    var table = new BenchTable.Builder("power-off", List.of("holdfast", "keepalived"));
    for (double value : new double[] {150, 140.26, 180}) {
      table.add("holdfast", "gap", "ms", value);
    }
    for (double value : new double[] {380, 300}) {
      table.add("keepalived", "gap", "ms", value);
    }
    table.add("holdfast", "flows lost of 100", "", 0.0);
    table.add("keepalived", "flows lost of 100", "", 0.0);
    table.add("holdfast", "role moved after", "ms", 12.0);
    table.add("keepalived", "role moved after", "ms", null);
    table.remark("one keepalived did not come up");
    return table.build();
  }

  @Test
  void showsMedianRangeCountAndRatioForPeople() {
    assertThat(BenchReport.text(List.of(table())))
        .isEqualTo(
            """
            power-off               holdfast (least - most) n  keepalived (least - most) n  ratio to keepalived
              gap, ms               150.0 (140.3 - 180.0) 3    340.0 (300.0 - 380.0) 2      0.44
              flows lost of 100     0 (0 - 0) 1                0 (0 - 0) 1                  -
              role moved after, ms  12.0 (12.0 - 12.0) 1       -                            -

            Note: one keepalived did not come up
            """);
  }

  @Test
  void hasTheSameForPrograms() throws Exception {
    JsonNode json = new ObjectMapper().readTree(BenchReport.json(List.of(table())));

    JsonNode gap = json.at("/benches/0/rows/0");
    assertThat(json.at("/benches/0/name").asText()).isEqualTo("power-off");
    assertThat(gap.at("/measured/holdfast/median").asDouble()).isEqualTo(150);
    assertThat(gap.at("/measured/keepalived/n").asInt()).isEqualTo(2);
    assertThat(gap.at("/ratio/keepalived").asDouble()).isEqualTo(0.441);
    assertThat(json.at("/benches/0/rows/1/ratio/keepalived").isNull()).isTrue();
    assertThat(json.at("/benches/0/rows/2/measured/keepalived").isNull()).isTrue();
    assertThat(json.at("/benches/0/remarks/0").asText())
        .isEqualTo("one keepalived did not come up");
  }

  @Test
  void everyBenchHasANameOfItsOwnAndIsFoundByIt() {
    assertThat(Benches.all()).extracting(Bench::name).doesNotHaveDuplicates();
    for (Bench bench : Benches.all()) {
      assertThat(Benches.named(bench.name())).contains(bench);
    }
    assertThat(Benches.named("no-such-bench")).isEmpty();
  }

  @Test
  void thisProcessUsesMemoryAndProcessorTime() {
    ProcessFigures figures = ProcessFigures.of(List.of(ProcessHandle.current()));

    assertThat(figures.residentBytes()).isGreaterThan(10 << 20);
    assertThat(figures.cpuNanos()).isPositive();
  }
}
