package dev.holdfast.api.render;

import dev.holdfast.api.v1alpha1.AgentMode;
import dev.holdfast.api.v1alpha1.ClusterTrafficMode;
import dev.holdfast.api.v1alpha1.CommitMode;
import dev.holdfast.api.v1alpha1.ConntrackdMode;
import dev.holdfast.api.v1alpha1.ConntrackdTransport;
import dev.holdfast.api.v1alpha1.FlowSyncProtocol;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.HandoverSpec;
import dev.holdfast.api.v1alpha1.IpProtocol;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.Preemption;
import dev.holdfast.api.v1alpha1.RuleSpec;
import dev.holdfast.api.v1alpha1.SourceNat;
import dev.holdfast.api.v1alpha1.Speakers;
import dev.holdfast.api.v1alpha1.Verdict;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a field means when it is left out, in one place. The schema repeats those that do not depend
 * on another field, so that {@code kubectl get -o yaml} shows them; a test compares both.
 */
public final class Defaults {

  public static final int VRRP_VERSION = 3;

  /** Where the version is 3. */
  public static final String ADVERTISEMENT_INTERVAL = "100ms";

  /** Where the version is 2, which knows whole seconds only. */
  public static final String ADVERTISEMENT_INTERVAL_VERSION_2 = "1s";

  public static final Preemption PREEMPT = Preemption.WHEN_IN_SYNC;
  public static final Speakers SPEAKERS = Speakers.LISTED;

  public static final FlowSyncProtocol FLOW_SYNC_PROTOCOL = FlowSyncProtocol.HOLDFAST;
  public static final int FLOW_SYNC_PORT = 3781;
  public static final CommitMode COMMIT = CommitMode.CONTINUOUS;
  public static final ConntrackdTransport CONNTRACKD_TRANSPORT = ConntrackdTransport.MULTICAST;
  public static final String CONNTRACKD_GROUP = "225.0.0.50";
  public static final int CONNTRACKD_PORT = 3780;
  public static final ConntrackdMode CONNTRACKD_MODE = ConntrackdMode.FTFW;

  public static final Verdict DEFAULT_POLICY = Verdict.DROP;
  public static final Verdict RULE_ACTION = Verdict.ACCEPT;
  public static final ClusterTrafficMode CLUSTER_TRAFFIC = ClusterTrafficMode.AUTO;
  public static final String LOG_RATE = "2/min";
  public static final String LOG_PREFIX = "DROP: ";
  public static final int CONFIRM_SECONDS = 30;

  public static final SourceNat SOURCE_NAT = SourceNat.VIRTUAL_ADDRESS;
  public static final String PORT_FORWARD_FROM = NetworkRole.WAN.name();
  public static final IpProtocol PORT_FORWARD_PROTOCOL = IpProtocol.TCP;

  public static final String HANDOVER_TIMEOUT = "5s";

  /** {@code firewall.forward}: the hosts of the LAN may open flows to the outside. */
  public static final List<RuleSpec> FORWARD = List.of(rule("lan-to-wan", "LAN", "WAN", null));

  /**
   * {@code firewall.input}: whoever is in the LAN can reach the router to repair it; a router that
   * can only be reached by its console is a trap.
   */
  public static final List<RuleSpec> INPUT =
      List.of(
          rule("ssh", "LAN", null, IpProtocol.TCP, "22"),
          rule("icmp", "LAN", null, IpProtocol.ICMP),
          rule("kubernetes-api", "LAN", null, IpProtocol.TCP, "6443"));

  /** {@code firewall.output}: what a router needs to keep itself up to date and on time. */
  public static final List<RuleSpec> OUTPUT =
      List.of(
          rule("icmp", null, "WAN", IpProtocol.ICMP),
          rule("dns-udp", null, "WAN", IpProtocol.UDP, "53"),
          rule("dns-tcp", null, "WAN", IpProtocol.TCP, "53"),
          rule("ntp", null, "WAN", IpProtocol.UDP, "123"),
          rule("web", null, "WAN", IpProtocol.TCP, "80", "443"),
          rule("icmp-lan", null, "LAN", IpProtocol.ICMP),
          rule("dns-udp-lan", null, "LAN", IpProtocol.UDP, "53"),
          rule("dns-tcp-lan", null, "LAN", IpProtocol.TCP, "53"),
          rule("ntp-lan", null, "LAN", IpProtocol.UDP, "123"));

  private Defaults() {}

  /** {@code handover.onCordon}. */
  public static boolean onCordon(GatewayClusterSpec spec) {
    HandoverSpec handover = spec.handover();
    return handover == null || orElse(handover.onCordon(), true);
  }

  /** {@code agent.mode}. */
  public static AgentMode agentMode(GatewayClusterSpec spec) {
    return spec.agent() == null ? AgentMode.POD : orElse(spec.agent().mode(), AgentMode.POD);
  }

  /** {@code vrrp.version}. */
  public static int vrrpVersion(GatewayClusterSpec spec) {
    return spec.vrrp() == null ? VRRP_VERSION : orElse(spec.vrrp().version(), VRRP_VERSION);
  }

  /** {@code vrrp.advertisementInterval}. */
  public static String advertisementInterval(GatewayClusterSpec spec) {
    String byVersion =
        vrrpVersion(spec) == 2 ? ADVERTISEMENT_INTERVAL_VERSION_2 : ADVERTISEMENT_INTERVAL;
    return spec.vrrp() == null ? byVersion : orElse(spec.vrrp().advertisementInterval(), byVersion);
  }

  /** {@code flowSync.protocol}. */
  public static FlowSyncProtocol flowSyncProtocol(GatewayClusterSpec spec) {
    return spec.flowSync() == null
        ? FLOW_SYNC_PROTOCOL
        : orElse(spec.flowSync().protocol(), FLOW_SYNC_PROTOCOL);
  }

  static <T> T orElse(@Nullable T given, T otherwise) {
    return Objects.requireNonNullElse(given, otherwise);
  }

  private static RuleSpec rule(
      String name,
      @Nullable String from,
      @Nullable String to,
      @Nullable IpProtocol protocol,
      String... ports) {
    return new RuleSpec(
        name, from, to, null, protocol, List.of(ports), List.of(), List.of(), RULE_ACTION);
  }
}
