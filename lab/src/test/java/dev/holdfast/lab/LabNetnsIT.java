package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.MeasureOptions;
import dev.holdfast.lab.measure.RunReport;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.stack.SourceTranslation;
import dev.holdfast.lab.stack.Stack;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The lab with keepalived, conntrackd and the article's rules")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LabNetnsIT {

  private static final MeasureOptions TRAFFIC = MeasureOptions.DEFAULT.withFlows(20);

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    var registry = new LabRegistry(folder);
    List<String> ids = registry.entries().stream().map(LabRegistry.Entry::id).toList();
    registry.entries().forEach(registry::remove);
    assertThat(ids).isEmpty();
  }

  @Test
  void withoutAFaultNothingIsLost() {
    Figures figures = run("none").figures();

    assertThat(figures.probesLostUp()).isZero();
    assertThat(figures.probesLostDown()).isZero();
    assertThat(figures.flowsEcho()).isEqualTo(new FlowCounts(10, 0, 0));
    assertThat(figures.flowsPush()).isEqualTo(new FlowCounts(10, 0, 0));
    assertThat(figures.roleMillis()).isNull();
    assertThat(figures.oneActiveAtEnd()).isTrue();
  }

  @Test
  void aPowerCutCostsTheDetectionAndWithSnatNoFlow() {
    Figures figures = run("power-off").figures();

    // Adverts every 100 ms: 3 of them and a skew of 0.8, less the age of the last. On a busy
    // machine more; never less.
    assertThat(figures.gapUpMillis()).isBetween(250.0, 1_500.0);
    assertThat(figures.gapDownMillis()).isBetween(250.0, 1_500.0);
    assertThat(figures.roleMillis()).isBetween(250.0, 1_500.0);
    assertThat(figures.flowsEcho()).isEqualTo(new FlowCounts(10, 0, 0));
    assertThat(figures.flowsPush()).isEqualTo(new FlowCounts(10, 0, 0));
    assertThat(figures.hostCachesRight()).isTrue();
  }

  @Test
  void faultsOfAListHappenOneAfterTheOther() {
    Figures figures = run("power-off,return").figures();

    assertThat(figures.faults())
        .extracting(fault -> fault.fault())
        .containsExactly("power-off", "return");
    assertThat(figures.faults()).allSatisfy(fault -> assertThat(fault.roleMillis()).isNotNull());
    assertThat(figures.oneActiveAtEnd()).isTrue();
  }

  @Test
  void twoLabsStandSideBySide() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Figures> both =
          Stream.generate(() -> CompletableFuture.supplyAsync(() -> run("none").figures(), threads))
              .limit(2)
              .toList()
              .stream()
              .map(CompletableFuture::join)
              .toList();

      assertThat(both)
          .allSatisfy(
              figures -> {
                assertThat(figures.probesLostUp()).isZero();
                assertThat(figures.flowsPush()).isEqualTo(new FlowCounts(10, 0, 0));
              });
    }
  }

  @Test
  void theActiveRouterIsHitWhicheverItIs() {
    try (Lab lab = Lab.build(new LabRegistry(folder), options())) {
      Router first = lab.awaitSettled(20_000);
      lab.injector().prepare(fault("power-off"), first).fire();

      Router second = lab.awaitSettled(20_000);

      assertThat(first.node()).isEqualTo("router-a");
      assertThat(second.node()).isEqualTo("router-b");
      assertThat(lab.observer().active()).contains(second);
      assertThat(lab.software(first).processes()).isEmpty();
    }
  }

  @Test
  void eachDaemonKeepsItsFilesInTheLabsFolder() throws Exception {
    try (Lab lab = Lab.build(new LabRegistry(folder), options());
        Stream<Path> files = Files.walk(lab.folder())) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .contains("conntrackd.ctl", "conntrack.lock", "keepalived.conf", "cluster.json");
    }
  }

  private RunReport run(String faults) {
    Narrator narrator = new Progress(System.err);
    try (var session = new LabSession(new LabRegistry(folder), narrator)) {
      return session.run(options(), TRAFFIC, Fault.parseList(faults));
    }
  }

  private static LabOptions options() {
    return LabOptions.of(
        ClusterFile.read(null),
        Stack.KEEPALIVED,
        SourceTranslation.SNAT,
        true,
        Path.of("/nonexistent"));
  }

  private static Fault fault(String text) {
    return Fault.parseList(text).getFirst();
  }
}
