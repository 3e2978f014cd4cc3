package dev.holdfast.agent.ops;

import dev.holdfast.api.v1alpha1.FirewallStatus;
import dev.holdfast.api.v1alpha1.FlowCommitStatus;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.FlowTableStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.PeerPathStatus;
import dev.holdfast.api.v1alpha1.PeerStatus;
import dev.holdfast.api.v1alpha1.PeerTraffic;
import dev.holdfast.api.v1alpha1.RestoredFlows;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.api.v1alpha1.StallStatus;
import dev.holdfast.api.v1alpha1.VirtualRouterStatus;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The agent's metrics, made from the same report as {@code holdfast status} at the moment of the
 * scrape, so that the two never disagree. Names begin with {@code holdfast_}; durations are in
 * seconds, as Prometheus has them.
 */
public final class AgentMetrics implements MultiCollector {

  private final Supplier<GatewayNodeSpec> spec;
  private final Supplier<@Nullable GatewayNodeStatus> status;

  /**
   * @param spec what the agent runs
   * @param status its report now; null when the loop does not answer
   */
  public AgentMetrics(
      Supplier<GatewayNodeSpec> spec, Supplier<@Nullable GatewayNodeStatus> status) {
    this.spec = spec;
    this.status = status;
  }

  @Override
  public MetricSnapshots collect() {
    Page page = new Page();
    GatewayNodeStatus now = status.get();
    page.gauge("up", "The agent's loop answers.", now == null ? 0 : 1);
    if (now != null) {
      role(page, now);
      virtualRouters(page, now);
      peers(page, now);
      flowSync(page, now.flowSync());
      flows(page, now.flows());
      firewall(page, now.firewall());
      stalls(page, now.stalls());
    }
    return page.snapshots();
  }

  private void role(Page page, GatewayNodeStatus now) {
    for (Role role : Role.values()) {
      page.gauge(
          "role",
          "1 for what the router is: initialize, backup, active, fault or maintenance.",
          now.role() == role ? 1 : 0,
          "role",
          role.name().toLowerCase(Locale.ROOT));
    }
    page.gauge("ready", "The router has or could take the role.", flag(now.ready()));
    page.gauge("in_sync", "A peer that may take over holds all flows.", flag(now.inSync()));
    page.gauge("faults", "What keeps the router from the role.", now.faults().size());
    page.gauge("realtime", "The loop runs on a real-time thread.", flag(now.realTime()));
    page.gauge(
        "generation",
        "Generation of the resource that is applied.",
        (double) spec.get().generation());
  }

  private static void virtualRouters(Page page, GatewayNodeStatus now) {
    for (VirtualRouterStatus router : now.virtualRouters()) {
      String[] labels = {
        "network", router.network(), "family", router.family().name().toLowerCase(Locale.ROOT)
      };
      if (router.lastAdvertAgeMillis() != null) {
        page.gauge(
            "vrrp_last_advert_age_seconds",
            "Time since the last advert that counted.",
            router.lastAdvertAgeMillis() / 1e3,
            labels);
      }
      router
          .counters()
          .forEach(
              (name, value) ->
                  page.counter(
                      "vrrp_events",
                      "Adverts sent, received and dropped, by what happened.",
                      (double) value,
                      "network",
                      router.network(),
                      "family",
                      router.family().name().toLowerCase(Locale.ROOT),
                      "event",
                      name));
    }
  }

  private static void peers(Page page, GatewayNodeStatus now) {
    if (now.flowSync() == null) {
      return;
    }
    for (PeerStatus peer : now.flowSync().peers()) {
      page.gauge(
          "link_up",
          "The link to the peer works.",
          peer.state().equalsIgnoreCase("up") ? 1 : 0,
          "peer",
          peer.router());
      for (PeerPathStatus path : peer.paths()) {
        page.gauge(
            "link_path_up",
            "The peer is heard on that network.",
            path.state().equalsIgnoreCase("up") ? 1 : 0,
            "peer",
            peer.router(),
            "network",
            path.network());
      }
      traffic(page, peer);
      page.gauge(
          "sync_backlog_positions",
          "Changes that the peer has not acknowledged.",
          (double) (peer.positionSent() - peer.positionAcknowledged()),
          "peer",
          peer.router());
      page.gauge(
          "sync_position_sent",
          "Position of our newest change that was sent.",
          (double) peer.positionSent(),
          "peer",
          peer.router());
      page.gauge(
          "sync_position_acknowledged",
          "Position up to which the peer holds our flows.",
          (double) peer.positionAcknowledged(),
          "peer",
          peer.router());
      if (peer.lagMillis() != null) {
        page.gauge(
            "sync_lag_seconds",
            "Age of the oldest change that the peer has not acknowledged.",
            peer.lagMillis() / 1e3,
            "peer",
            peer.router());
      }
      page.counter(
          "sync_lost", "Messages lost on the link.", (double) peer.lost(), "peer", peer.router());
      page.counter(
          "sync_resent", "Messages sent again.", (double) peer.resent(), "peer", peer.router());
    }
  }

  private static void traffic(Page page, PeerStatus peer) {
    PeerTraffic carried = peer.traffic();
    if (carried == null) {
      return;
    }
    String datagrams = "Datagrams on the link.";
    String bytes = "Bytes on the link, without headers of UDP and IP.";
    String[] sent = {"peer", peer.router(), "direction", "sent"};
    String[] received = {"peer", peer.router(), "direction", "received"};
    page.counter("link_datagrams", datagrams, (double) carried.datagramsSent(), sent);
    page.counter("link_datagrams", datagrams, (double) carried.datagramsReceived(), received);
    page.counter("link_bytes", bytes, (double) carried.bytesSent(), sent);
    page.counter("link_bytes", bytes, (double) carried.bytesReceived(), received);
  }

  private static void flowSync(Page page, @Nullable FlowSyncStatus sync) {
    if (sync == null) {
      return;
    }
    each(
        page,
        "link_dropped",
        "Datagrams and messages that did not count.",
        "reason",
        sync.dropped());
    FlowCommitStatus commit = sync.commit();
    if (commit != null) {
      page.counter(
          "commit_requests",
          "Requests about peers' flows that the kernel took.",
          (double) commit.committed());
      each(page, "commit_clashes", "What was in a flow's way.", "kind", commit.clashes());
      each(page, "commit_left_out", "What flows were written without.", "part", commit.leftOut());
      each(
          page, "commit_failed", "Flows that the kernel refused.", "errno", names(commit.failed()));
      page.gauge(
          "commit_missing",
          "Peers' flows that the kernel refused and does not hold now.",
          (double) commit.missing());
      page.counter("commit_put_back", "Flows that had timed out here.", (double) commit.putBack());
      page.counter("commit_purged", "Leftovers of an earlier life.", (double) commit.purged());
    }
    RestoredFlows restored = sync.restored();
    if (restored != null) {
      page.gauge("flows_restored", "Flows from the disk.", (double) restored.restored());
      page.gauge("flows_kept", "Flows that the disk had.", (double) restored.kept());
    }
    FlowTableStatus table = sync.table();
    if (table != null) {
      page.gauge(
          "table_entries",
          "Flows and expectations in the agent's table.",
          (double) table.entries());
      page.gauge("table_entries_max", "Most that it takes.", (double) table.entriesMax());
      page.gauge("table_bytes", "Memory that it has.", (double) table.bytes());
      page.counter("table_refused", "Flows that found no room.", (double) table.refused());
      page.gauge(
          "events_receive_buffer_bytes",
          "Receive buffer for the kernel's flow events.",
          (double) table.receiveBufferBytes());
      page.counter(
          "events_overruns", "Times the kernel dropped flow events.", (double) table.overruns());
      if (table.malformed() != null) {
        page.counter(
            "events_malformed",
            "The kernel's messages that could not be read.",
            (double) table.malformed());
      }
    }
  }

  private static void each(
      Page page, String name, String help, String label, Map<String, Long> counts) {
    counts.forEach((value, count) -> page.counter(name, help, (double) count, label, value));
  }

  /** The errno's name alone: {@code EINVAL, invalid} becomes {@code EINVAL}. */
  private static Map<String, Long> names(Map<String, Long> byErrno) {
    Map<String, Long> named = new TreeMap<>();
    byErrno.forEach((errno, count) -> named.merge(errno.split(",", 2)[0], count, Long::sum));
    return named;
  }

  private static void flows(Page page, @Nullable FlowStatus flows) {
    if (flows == null) {
      return;
    }
    page.gauge("flows_tracked", "Flows that this router tracks.", (double) flows.tracked());
    page.gauge("flows_protected", "Those that a peer holds.", (double) flows.protectedFlows());
    flows
        .unprotected()
        .forEach(
            (reason, count) ->
                page.gauge(
                    "flows_unprotected",
                    "The others, by reason.",
                    (double) count,
                    "reason",
                    reason));
  }

  private static void firewall(Page page, @Nullable FirewallStatus firewall) {
    if (firewall == null) {
      return;
    }
    if (firewall.generation() != null) {
      page.gauge(
          "policy_generation",
          "Generation of the policy in the kernel.",
          (double) firewall.generation());
    }
    page.gauge(
        "policy_mixed_back_ends",
        "1 while others have rules in both iptables back ends.",
        flag(firewall.mixed()));
    page.counter(
        "policy_drift_repaired",
        "Times the policy was put right.",
        (double) firewall.driftRepaired());
    page.counter(
        "policy_log_hits", "Packets that reached the log chain.", (double) firewall.logHits());
  }

  private static void stalls(Page page, @Nullable StallStatus stalls) {
    if (stalls != null) {
      page.counter(
          "stalls", "Times the loop stood still longer than it may.", (double) stalls.count());
      page.gauge("stall_longest_seconds", "The longest of them.", stalls.longestMillis() / 1e3);
    }
  }

  private static double flag(@Nullable Boolean value) {
    return Boolean.TRUE.equals(value) ? 1 : 0;
  }

  /** Collects points and groups those of one name. */
  private static final class Page {
    private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();
    private final Map<String, CounterSnapshot.Builder> counters = new LinkedHashMap<>();

    void gauge(String name, String help, double value, String... labels) {
      gauges
          .computeIfAbsent(name, n -> GaugeSnapshot.builder().name("holdfast_" + n).help(help))
          .dataPoint(
              GaugeSnapshot.GaugeDataPointSnapshot.builder()
                  .labels(Labels.of(labels))
                  .value(value)
                  .build());
    }

    void counter(String name, String help, double value, String... labels) {
      counters
          .computeIfAbsent(name, n -> CounterSnapshot.builder().name("holdfast_" + n).help(help))
          .dataPoint(
              CounterSnapshot.CounterDataPointSnapshot.builder()
                  .labels(Labels.of(labels))
                  .value(value)
                  .build());
    }

    MetricSnapshots snapshots() {
      List<MetricSnapshot> all = new ArrayList<>();
      gauges.values().forEach(gauge -> all.add(gauge.build()));
      counters.values().forEach(counter -> all.add(counter.build()));
      return new MetricSnapshots(all);
    }
  }
}
