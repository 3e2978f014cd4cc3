package dev.holdfast.agent.ops;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.FailedFlow;
import dev.holdfast.api.v1alpha1.FlowCommitStatus;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.FlowTableStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.KernelSetting;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.PeerStatus;
import dev.holdfast.api.v1alpha1.RestoredFlows;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.api.v1alpha1.RoleTransition;
import dev.holdfast.api.v1alpha1.VirtualRouterStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One screen that answers "is my gateway safe now?": the text of {@code holdfast status}.
 *
 * <p>Pure: made from the same GatewayNode that {@code --output json} prints.
 */
public final class StatusScreen {

  private static final int TRANSITIONS_SHOWN = 5;

  private final GatewayNodeSpec spec;
  private final GatewayNodeStatus status;
  private final Instant now;
  private final StringBuilder out = new StringBuilder(2048);

  private StatusScreen(GatewayNodeSpec spec, GatewayNodeStatus status, Instant now) {
    this.spec = spec;
    this.status = status;
    this.now = now;
  }

  /** The screen, some twenty lines of at most 100 characters. */
  public static String render(GatewayNodeSpec spec, GatewayNodeStatus status, Instant now) {
    StatusScreen screen = new StatusScreen(spec, status, now);
    screen.head();
    screen.networks();
    screen.peers();
    screen.policy();
    screen.transitions();
    screen.problems();
    return screen.out.toString();
  }

  private void head() {
    line(verdict());
    line("");
    line(
        spec.cluster()
            + "   router "
            + spec.node()
            + " is "
            + roleName(status.role())
            + (status.since() == null ? "" : " for " + age(status.since()))
            + "   generation "
            + (status.observedGeneration() == null ? 0 : status.observedGeneration()));
    FlowStatus flows = status.flows();
    if (flows != null) {
      line(
          "flows  "
              + count(flows.tracked())
              + " tracked, "
              + count(flows.protectedFlows())
              + " protected"
              + share(flows.protectedFlows(), flows.tracked()));
      for (Map.Entry<String, Long> reason : flows.unprotected().entrySet()) {
        line(
            "       "
                + count(reason.getValue())
                + " not protected: "
                + UnprotectedReason.inWords(reason.getKey()));
      }
    }
  }

  /**
   * The answer in one line; the words SAFE and NOT SAFE are for eyes that only look at the start.
   */
  private String verdict() {
    if (status.role() == null || status.role() == Role.INITIALIZE) {
      return "STARTING: this router takes no role yet.";
    }
    for (Condition condition : status.conditions()) {
      if (condition.type().equals("SplitBrain") && condition.status() == ConditionStatus.TRUE) {
        return "NOT SAFE: " + condition.message();
      }
    }
    if (!status.faults().isEmpty()) {
      return "NOT SAFE: " + status.faults().getFirst();
    }
    return switch (status.role()) {
      case ACTIVE ->
          peersUp() > 0 && Boolean.TRUE.equals(status.inSync())
              ? "SAFE: this router is active and "
                  + (peersUp() == 1 ? "another" : peersUp() + " others")
                  + " can take over at once."
              : peersUp() > 0
                  ? "NOT SAFE: this router is active, and no other router holds all of its flows yet."
                  : hasLink()
                      ? "NOT SAFE: this router is active and hears no other router."
                      : "ACTIVE: this router does the work; whether another could is known when flow sync runs.";
      case BACKUP -> backupsVerdict(activeSender());
      case MAINTENANCE -> "IN MAINTENANCE: this router takes no role.";
      case FAULT, INITIALIZE -> "NOT SAFE: this router cannot take the role.";
    };
  }

  private String backupsVerdict(@Nullable String sender) {
    if (sender == null) {
      return "NOT SAFE: no router is active.";
    }
    String active = routerOf(sender) + " is active";
    return !hasLink() || Boolean.TRUE.equals(status.inSync())
        ? "SAFE: " + active + " and this router can take over at once."
        : "NOT SAFE: " + active + ", and this router does not hold all of its flows.";
  }

  private boolean hasLink() {
    return status.flowSync() != null;
  }

  private long peersUp() {
    return status.flowSync() == null
        ? 0
        : status.flowSync().peers().stream()
            .filter(peer -> peer.state().equalsIgnoreCase("up"))
            .count();
  }

  private @Nullable String activeSender() {
    return status.virtualRouters().stream()
        .map(VirtualRouterStatus::sender)
        .filter(sender -> sender != null)
        .findFirst()
        .orElse(null);
  }

  private String routerOf(String address) {
    return spec.routers().stream()
        .filter(
            router -> router.addresses().values().stream().anyMatch(all -> all.contains(address)))
        .map(router -> router.node())
        .findFirst()
        .orElse(address);
  }

  private void networks() {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {"NETWORK", "ROLE", "INTERFACE", "VRID", "STATE", "ADDRESSES", "LAST ADVERT"});
    for (NodeNetwork network : spec.networks()) {
      List<VirtualRouterStatus> routers =
          status.virtualRouters().stream()
              .filter(router -> router.network().equals(network.name()))
              .toList();
      if (routers.isEmpty()) {
        rows.add(row(network, "-", "-", "-", "-"));
      }
      for (VirtualRouterStatus router : routers) {
        rows.add(
            row(
                network,
                Integer.toString(router.vrid()),
                roleName(router.state()),
                String.join(" ", router.addresses()),
                lastAdvert(router)));
      }
    }
    table(rows);
  }

  private static String[] row(
      NodeNetwork network, String vrid, String state, String addresses, String advert) {
    return new String[] {
      network.name(), network.role().name(), network.interfaceName(), vrid, state, addresses, advert
    };
  }

  private static String lastAdvert(VirtualRouterStatus router) {
    Long age = router.lastAdvertAgeMillis();
    if (age == null) {
      return "never";
    }
    String sender = router.sender();
    return age + " ms ago" + (sender == null ? "" : " from " + sender);
  }

  private void peers() {
    if (status.flowSync() == null || status.flowSync().peers().isEmpty()) {
      return;
    }
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {"PEER", "LINK", "PATH", "SENT", "ACKNOWLEDGED", "LAG", "LOST", "RESENT"});
    for (PeerStatus peer : status.flowSync().peers()) {
      rows.add(
          new String[] {
            peer.router(),
            peer.state(),
            peer.path() == null ? "-" : peer.path(),
            Long.toString(peer.positionSent()),
            Long.toString(peer.positionAcknowledged()),
            peer.lagMillis() == null ? "-" : peer.lagMillis() + " ms",
            Long.toString(peer.lost()),
            Long.toString(peer.resent())
          });
    }
    table(rows);
    kernel(status.flowSync());
  }

  /** What the peers' flows met in this kernel, how full the table is, what came from the disk. */
  private void kernel(FlowSyncStatus sync) {
    FlowCommitStatus commit = sync.commit();
    FlowTableStatus table = sync.table();
    if (commit == null || table == null) {
      return;
    }
    line("");
    line(
        "commit "
            + count(commit.committed())
            + " written, "
            + count(sum(commit.clashes()))
            + " clashes, "
            + count(sum(commit.failed()))
            + " refused, "
            + count(commit.missing())
            + " missing, "
            + count(commit.putBack())
            + " put back, "
            + count(commit.purged())
            + " purged");
    line(
        "table  "
            + count(table.entries())
            + " of "
            + count(table.entriesMax())
            + " entries, "
            + table.bytes() / (1 << 20)
            + " MiB, "
            + count(table.overruns())
            + " times overrun; "
            + count(sum(sync.dropped()))
            + " messages on the links did not count");
    RestoredFlows restored = sync.restored();
    if (restored != null) {
      line(
          "disk   "
              + count(restored.restored())
              + " of "
              + count(restored.kept())
              + " flows restored after the boot, written "
              + restored.writtenAt());
    }
    for (FailedFlow failed : commit.lastFailed()) {
      line("  refused: " + failed.flow() + " (" + failed.errno() + ")");
    }
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  private void policy() {
    if (status.firewall() != null && status.firewall().generation() != null) {
      line("");
      line(
          "policy generation "
              + status.firewall().generation()
              + " by iptables-"
              + (status.firewall().backend() == null ? "?" : status.firewall().backend())
              + ", "
              + status.firewall().driftRepaired()
              + " drifts repaired, "
              + status.firewall().logHits()
              + " packets in the log chain");
    }
  }

  private void transitions() {
    if (status.transitions().isEmpty()) {
      return;
    }
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"LAST CHANGES", "FROM", "TO", "WHY", "GAP"});
    status.transitions().stream()
        .limit(TRANSITIONS_SHOWN)
        .forEach(transition -> rows.add(row(transition)));
    table(rows);
  }

  private String[] row(RoleTransition transition) {
    return new String[] {
      transition.time() + " (" + age(transition.time()) + ")",
      roleName(transition.from()),
      roleName(transition.to()),
      transition.reason(),
      transition.gapMillis() == null ? "-" : transition.gapMillis() + " ms"
    };
  }

  private void problems() {
    List<String> problems = new ArrayList<>(status.faults());
    for (Condition condition : status.conditions()) {
      boolean bad =
          switch (condition.type()) {
            case "Ready", "Accepted" -> condition.status() == ConditionStatus.FALSE;
            case "Degraded", "SplitBrain" -> condition.status() == ConditionStatus.TRUE;
            default -> false;
          };
      if (bad && !problems.contains(condition.message())) {
        problems.add(condition.type() + ": " + condition.message());
      }
    }
    for (KernelSetting setting : status.kernelSettings()) {
      if (setting.problem() != null) {
        problems.add("kernel setting " + setting.name() + ": " + setting.problem());
      }
    }
    if (Boolean.FALSE.equals(status.realTime())) {
      problems.add(
          "no real-time thread (CAP_SYS_NICE is missing): a busy machine may delay adverts.");
    }
    line("");
    line(problems.isEmpty() ? "No problems." : "PROBLEMS");
    problems.forEach(problem -> line("  " + problem));
  }

  private void table(List<String[]> rows) {
    line("");
    Table.lines(rows).forEach(this::line);
  }

  private void line(String text) {
    out.append(text).append('\n');
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String roleName(@Nullable Role role) {
    return role == null ? "starting" : role.name().toLowerCase(Locale.ROOT);
  }

  private static String share(long part, long whole) {
    return whole == 0 ? "" : String.format(Locale.ROOT, " (%.1f %%)", 100.0 * part / whole);
  }

  private String age(String time) {
    return Ages.text(Duration.between(Instant.parse(time), now));
  }
}
