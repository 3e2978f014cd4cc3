package dev.holdfast.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.judge.ConnectionCounts;
import dev.holdfast.lab.measure.judge.FaultFigures;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.measure.judge.TableSizes;
import dev.holdfast.lab.measure.judge.Timers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The report of a lab")
class ReportsTest {

  static Setting setting(String stack, String faults, long intervalMillis) {
    return new Setting(
        "home",
        stack,
        "snat",
        "direct",
        Fault.parseList(faults),
        100,
        0,
        0,
        new Timers(intervalMillis * 1_000_000, 50));
  }

  static Figures figures(double gap) {
    return new Figures(
        gap,
        gap + 1,
        Math.round(gap),
        Math.round(gap) + 1,
        new FlowCounts(50, 0, 0),
        new FlowCounts(50, 0, 0),
        FlowCounts.NONE,
        new FlowCounts(4, 0, 0),
        612.5,
        1_034.5,
        gap - 2,
        gap - 1,
        0,
        gap + 80,
        0,
        new ConnectionCounts(200, 0, 1),
        6.3,
        true,
        true,
        Map.of("router-a", new TableSizes(130, 4), "router-b", new TableSizes(128, 131)),
        true,
        0,
        List.of(new FaultFigures("power-off", 0, gap - 2, gap - 1)));
  }

  @Test
  void theTableGivesMedianLeastAndMost() {
    var report =
        Report.of(
            setting("holdfast", "power-off", 100),
            List.of(figures(300), figures(320.5), figures(410)));

    assertThat(TextReport.write(report))
        .isEqualTo(
            """
            power-off on holdfast: 100 flows, source NAT snat, adverts every 100 ms
            3 runs: median (least - most)

              gap, LAN to internet             320.5 (300.0 - 410.0) ms
              gap, internet to LAN             321.5 (301.0 - 411.0) ms
              probes lost, LAN to internet     321 (300 - 410)
              probes lost, internet to LAN     322 (301 - 411)
              flows, client speaks first       150 kept, 0 reset, 0 stalled
              flows, server speaks first       150 kept, 0 reset, 0 stalled
              flows through port forwards      12 kept, 0 reset, 0 stalled
              longest pause of a flow          612.5 (612.5 - 612.5) ms
              longest pause, slow flows        1034.5 (1034.5 - 1034.5) ms
              new connections                  600 made, 0 refused, 3 timed out
              role moved after                 318.5 (298.0 - 408.0) ms
              address answered after           319.5 (299.0 - 409.0) ms
              two routers active               0.0 (0.0 - 0.0) ms
              no router active                 400.5 (380.0 - 490.0) ms
              two holders of an address        0.0 (0.0 - 0.0) ms
              this machine stood still         6.3 (6.3 - 6.3) ms

            The promise held.
            """);
  }

  @Test
  void aBrokenPromiseIsSaidWithItsReason() {
    var report = Report.of(setting("holdfast", "wan-down", 100), List.of(figures(300)));

    assertThat(report.held()).isFalse();
    assertThat(TextReport.write(report))
        .endsWith(
            """
            The promise did not hold:
              - the gap up is 300.0 ms, promised are 56.3 ms
              - the gap down is 301.0 ms, promised are 56.3 ms
            """);
  }

  @Test
  void programsFindTheNamesThatTheyRelyOn() throws Exception {
    var report =
        Report.of(setting("holdfast", "power-off", 100), List.of(figures(300), figures(320)));

    JsonNode json = new ObjectMapper().readTree(JsonReport.write(report));

    JsonNode run = json.at("/runs/0");
    for (String name :
        List.of(
            "gapUpMillis",
            "gapDownMillis",
            "probesLostUp",
            "probesLostDown",
            "longestStallMillis",
            "longestStallOthersMillis",
            "roleMillis",
            "addressMillis",
            "twoActiveMillis",
            "noActiveMillis",
            "twoHoldersMillis",
            "floorStallMillis")) {
      assertThat(run.get(name).isNumber()).as(name).isTrue();
      assertThat(json.at("/median/" + name + "/median").isNumber()).as(name).isTrue();
      assertThat(json.at("/median/" + name + "/min").isNumber()).as(name).isTrue();
      assertThat(json.at("/median/" + name + "/max").isNumber()).as(name).isTrue();
    }
    assertThat(run.at("/flows/echo/kept").asInt()).isEqualTo(50);
    assertThat(run.at("/flows/push/stalled").asInt()).isZero();
    assertThat(run.at("/flows/portForward/kept").asInt()).isEqualTo(4);
    assertThat(json.at("/median/gapUpMillis/median").asDouble()).isEqualTo(310);
    assertThat(json.at("/median/flows/push/kept").asInt()).isEqualTo(100);
    assertThat(run.at("/connectionEntries/router-a/before").asInt()).isEqualTo(130);
    assertThat(run.at("/connectionEntries/router-b/after").asInt()).isEqualTo(131);
    assertThat(run.at("/flowsTracked").asBoolean()).isTrue();
    assertThat(json.at("/held").asBoolean()).isTrue();
    assertThat(json.at("/faults/0").asText()).isEqualTo("power-off");
    assertThat(json.at("/detectionMillis").asDouble()).isEqualTo(380.5);
  }

  @Test
  void whatWasNotMeasuredIsNullAndADash() throws Exception {
    var nothing =
        new Figures(
            null,
            null,
            0,
            0,
            FlowCounts.NONE,
            FlowCounts.NONE,
            FlowCounts.NONE,
            FlowCounts.NONE,
            null,
            null,
            null,
            null,
            0,
            0,
            0,
            new ConnectionCounts(0, 0, 0),
            0,
            null,
            null,
            Map.of(),
            null,
            0,
            List.of());
    var report = Report.of(setting("holdfast", "none", 100), List.of(nothing));

    JsonNode json = new ObjectMapper().readTree(JsonReport.write(report));

    assertThat(json.at("/runs/0/roleMillis").isNull()).isTrue();
    assertThat(json.at("/median/roleMillis").isNull()).isTrue();
    assertThat(json.at("/runs/0/longestStallOthersMillis").isNull()).isTrue();
    assertThat(TextReport.write(report))
        .contains("  role moved after                 -\n")
        .doesNotContain("slow flows", "port forwards");
  }

  @Test
  void keepalivedFiguresOutsideOfWhatWasMeasuredBeforeAreRemarked() {
    var far = Report.of(setting("keepalived", "power-off", 1000), List.of(figures(900)));
    var near = Report.of(setting("keepalived", "power-off", 1000), List.of(figures(3300)));
    var ours = Report.of(setting("holdfast", "power-off", 1000), List.of(figures(900)));

    assertThat(far.remarks())
        .containsExactly(
            "keepalived's gap up is 900 ms here; measured before were 2857 to 3678 ms",
            "keepalived's address is 899 ms here; measured before were 2857 to 3701 ms");
    assertThat(near.remarks()).isEmpty();
    assertThat(ours.remarks()).isEmpty();
  }
}
