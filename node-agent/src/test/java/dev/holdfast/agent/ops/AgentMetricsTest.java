package dev.holdfast.agent.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Metrics")
class AgentMetricsTest {
  private static final Path ROOT = Path.of("..");

  private static final String STATUS =
      """
      {"role":"Active","ready":true,"inSync":true,"realTime":true,
       "virtualRouters":[{"network":"wan","family":"IPv4","vrid":10,"state":"Active",
         "addresses":["10.0.0.10/24"],"lastAdvertAgeMillis":3,"counters":{"sent":7}}],
       "flowSync":{
         "peers":[{"router":"router-b","path":"direct",
           "paths":[{"network":"direct","state":"up"},{"network":"lan","state":"silent"}],
           "state":"up","positionSent":9,
           "positionAcknowledged":8,"lagMillis":2,"lost":1,"resent":1,
           "traffic":{"datagramsSent":4,"bytesSent":400,"datagramsReceived":3,
             "bytesReceived":300}}],
         "commit":{"committed":5,"clashes":{"SameTuple":1},"leftOut":{"Helper":1},
           "failed":{"EINVAL, invalid argument":2},
           "lastFailed":[{"flow":"tcp src=192.0.2.1","errno":"EINVAL, invalid argument"}],
           "putBack":1,"purged":1,"missing":1},
         "table":{"entries":10,"entriesMax":100,"bytes":4194304,"refused":0,
           "receiveBufferBytes":4096,"overruns":1,"malformed":0},
         "dropped":{"Replayed":3},
         "restored":{"restored":812,"kept":820,"writtenAt":"2026-01-01T00:00:00Z"}},
       "flows":{"tracked":10,"protected":8,"unprotected":{"NotYetAcknowledged":2}},
       "firewall":{"generation":1,"backend":"nft","driftRepaired":0,"logHits":0},
       "faults":[],"kernelSettings":[],"transitions":[],"stalls":{"count":0,"longestMillis":0},
       "version":"1","conditions":[]}
      """;

  private static GatewayNodeSpec spec() throws Exception {
    return switch (ClusterFile.parse(Files.readString(example()))) {
      case ClusterFile.Result.Accepted(var identity, var cluster) ->
          Renderer.render(identity, cluster, cluster.routers().getFirst().node());
      case ClusterFile.Result.Refused(var problems) -> throw new AssertionError(problems);
    };
  }

  private static Path example() throws Exception {
    try (var files = Files.list(ROOT.resolve("docs/examples"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().findFirst().get();
    }
  }

  private static GatewayNodeStatus status() throws Exception {
    return new ObjectMapper().readValue(STATUS, GatewayNodeStatus.class);
  }

  @Test
  void everyMetricIsInTheDocumentAndTheOtherWayRound() throws Exception {
    GatewayNodeSpec spec = spec();
    GatewayNodeStatus status = status();

    MetricSnapshots page = new AgentMetrics(() -> spec, () -> status).collect();

    Set<String> told = new TreeSet<>();
    for (MetricSnapshot metric : page) {
      String name = metric.getMetadata().getPrometheusName();
      told.add(metric instanceof CounterSnapshot ? name + "_total" : name);
    }
    Set<String> documented = new TreeSet<>();
    Matcher name =
        Pattern.compile("`(holdfast_[a-z_]+)`")
            .matcher(Files.readString(ROOT.resolve("docs/metrics.md")));
    while (name.find()) {
      documented.add(name.group(1));
    }
    assertThat(told).isEqualTo(documented);
  }

  @Test
  void eachPathToAPeerIsUpOrSilent() throws Exception {
    GatewayNodeSpec spec = spec();
    GatewayNodeStatus status = status();

    MetricSnapshots page = new AgentMetrics(() -> spec, () -> status).collect();

    assertThat(
            page.stream()
                .filter(metric -> metric.getMetadata().getName().equals("holdfast_link_path_up"))
                .flatMap(metric -> ((GaugeSnapshot) metric).getDataPoints().stream())
                .map(point -> point.getLabels().get("network") + " " + point.getValue()))
        .containsExactlyInAnyOrder("direct 1.0", "lan 0.0");
  }

  @Test
  void theScreenSaysInTwoLinesWhatThePeersFlowsMetHere() throws Exception {
    assertThat(StatusScreen.render(spec(), status(), Instant.EPOCH))
        .contains("commit 5 written, 1 clashes, 2 refused, 1 missing, 1 put back, 1 purged\n")
        .contains("disk   812 of 820 flows restored after the boot, written 2026-01-01T00:00:00Z\n")
        .contains(
            "table  10 of 100 entries, 4 MiB, 1 times overrun;"
                + " 3 messages on the links did not count\n")
        .contains("refused: tcp src=192.0.2.1 (EINVAL, invalid argument)\n");
  }

  @Test
  void theScreenSaysInWordsWhyFlowsAreNotProtected() throws Exception {
    String reasons = "\"PeerSilent\":7,\"NoPeer\":2,\"FromTheFuture\":1";
    GatewayNodeStatus status =
        new ObjectMapper()
            .readValue(
                STATUS.replace("\"NotYetAcknowledged\":2", reasons), GatewayNodeStatus.class);

    assertThat(StatusScreen.render(spec(), status, Instant.EPOCH))
        .contains(
            "7 not protected: a router that is silent now holds them, if it still runs"
                + " (PeerSilent)\n")
        .contains("2 not protected: no other router holds them (NoPeer)\n")
        .contains("1 not protected: FromTheFuture\n");
  }
}
