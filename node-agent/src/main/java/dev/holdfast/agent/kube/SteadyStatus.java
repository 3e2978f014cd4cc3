package dev.holdfast.agent.kube;

import dev.holdfast.api.v1alpha1.FirewallStatus;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.PeerStatus;
import dev.holdfast.api.v1alpha1.RoleTransition;
import dev.holdfast.api.v1alpha1.VirtualRouterStatus;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A report without what moves by itself on a healthy router: ages, counters, positions, numbers of
 * flows, and times, which are reckoned anew for each report and so tremble by a millisecond.
 */
final class SteadyStatus {

  private static final String ANY_TIME = "";

  private SteadyStatus() {}

  static GatewayNodeStatus of(GatewayNodeStatus status) {
    return new GatewayNodeStatus(
        status.observedGeneration(),
        status.role(),
        null,
        status.ready(),
        status.inSync(),
        status.virtualRouters().stream().map(SteadyStatus::of).toList(),
        of(status.flowSync()),
        null,
        of(status.firewall()),
        status.realTime(),
        status.faults(),
        status.kernelSettings(),
        status.transitions().stream().map(SteadyStatus::of).toList(),
        null,
        status.version(),
        null,
        status.conditions());
  }

  private static VirtualRouterStatus of(VirtualRouterStatus router) {
    return new VirtualRouterStatus(
        router.network(),
        router.family(),
        router.vrid(),
        router.state(),
        router.addresses(),
        null,
        router.sender(),
        Map.of());
  }

  private static @Nullable FlowSyncStatus of(@Nullable FlowSyncStatus sync) {
    return sync == null
        ? null
        : new FlowSyncStatus(sync.peers().stream().map(SteadyStatus::of).toList(), sync.keys());
  }

  private static PeerStatus of(PeerStatus peer) {
    return new PeerStatus(
        peer.router(), peer.path(), peer.paths(), peer.state(), 0, 0, null, 0, 0, null);
  }

  private static @Nullable FirewallStatus of(@Nullable FirewallStatus firewall) {
    return firewall == null
        ? null
        : new FirewallStatus(
            firewall.generation(),
            firewall.onTrial(),
            firewall.backend(),
            firewall.mixed(),
            firewall.driftRepaired(),
            0);
  }

  private static RoleTransition of(RoleTransition transition) {
    return new RoleTransition(
        ANY_TIME, transition.from(), transition.to(), transition.reason(), transition.gapMillis());
  }
}
