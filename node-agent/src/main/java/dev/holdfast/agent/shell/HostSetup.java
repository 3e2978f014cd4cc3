package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.ConfirmMachine;
import dev.holdfast.agent.firewall.core.Excuse;
import dev.holdfast.agent.firewall.core.FirewallPlanner;
import dev.holdfast.agent.firewall.core.Party;
import dev.holdfast.agent.firewall.core.RouterFacts;
import dev.holdfast.agent.role.core.Reason;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.Transition;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.v1alpha1.FirewallStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.KernelSetting;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeRouter;
import dev.holdfast.api.v1alpha1.NodeVirtualRouter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a gateway needs of its host besides addresses: kernel settings and the policy. Both follow
 * the resource and the interfaces that there are.
 *
 * <p>Called by the link monitor's thread and by whoever reconfigures: synchronized. The policy is
 * loaded by the keeper's own thread.
 */
final class HostSetup implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HostSetup.class);

  private final NetworkView networks;
  private final Sysctl sysctl;
  private final KernelSettings settings;
  private final FirewallKeeper firewall;

  private GatewayNodeSpec spec;
  private volatile Excuse.NotInResource inResource;
  private volatile boolean isActive;
  private Map<String, RouterFacts.Interface> interfacesSeen = Map.of();
  private volatile List<KernelSetting> listed = List.of();

  /** Guarded by the settings, as the next is. */
  private GatewaySettings.@Nullable Gateway gateway;

  /**
   * A host that has just booted forwards nothing before its first policy stands: a flow that passed
   * untranslated would stay so for as long as it is used.
   */
  private boolean mayForward;

  HostSetup(GatewayNodeSpec spec, NetworkView networks, Sysctl sysctl, Path stateDir) {
    this.spec = spec;
    inResource = inResource(spec);
    this.networks = networks;
    this.sysctl = sysctl;
    settings = new KernelSettings(sysctl, new DiskStore(stateDir));
    mayForward = !sysctl.read("net/ipv4/ip_forward").equals(Optional.of("0"));
    firewall = new FirewallKeeper(stateDir, this::happened);
  }

  /** Says what is missing on this machine; the last word is the kernel's. */
  static void preflight(GatewayNodeSpec spec) {
    Preflight preflight = Preflight.ofThisMachine();
    Set<String> wans =
        spec.networks(NetworkRole.WAN).stream()
            .map(NodeNetwork::interfaceName)
            .collect(Collectors.toSet());
    Stream.concat(
            preflight
                .check(new Preflight.Needs(families(spec), interfaces(spec), true, 0))
                .stream(),
            preflight
                .nodeAddresses(wans, spec.firewall().clusterTraffic().nodeAddresses())
                .stream())
        .forEach(finding -> LOG.warn("preflight {}", finding));
  }

  synchronized void reconfigure(GatewayNodeSpec changed) {
    spec = changed;
    inResource = inResource(changed);
    firewall.excuse(inResource);
    interfacesSeen = Map.of();
    refresh();
  }

  /** Makes settings and policy fit; cheap when neither resource nor interfaces have changed. */
  synchronized void refresh() {
    Map<String, RouterFacts.Interface> interfaces = new HashMap<>();
    for (NodeNetwork network : spec.networks()) {
      networks
          .find(network.interfaceName())
          .ifPresent(
              link ->
                  interfaces.put(link.name(), new RouterFacts.Interface(link.index(), link.mtu())));
    }
    if (interfaces.equals(interfacesSeen)) {
      return;
    }
    interfacesSeen = interfaces;
    applySettings(interfaces.keySet());
    firewall.wanted(FirewallPlanner.plan(spec, new RouterFacts(interfaces)));
  }

  private void applySettings(Set<String> present) {
    Set<String> virtual =
        spec.networks().stream()
            .filter(network -> !network.virtualRouters().isEmpty())
            .map(NodeNetwork::interfaceName)
            .filter(present::contains)
            .collect(Collectors.toSet());
    synchronized (settings) {
      gateway =
          new GatewaySettings.Gateway(
              families(spec), virtual, spec.vrrp().virtualMac() ? virtual : Set.of(), true, 0);
      applySettings();
    }
  }

  private void applySettings() {
    synchronized (settings) {
      GatewaySettings.Gateway wanted = gateway;
      if (wanted == null) {
        return;
      }
      try {
        listed =
            settings.apply(
                GatewaySettings.plan(
                    mayForward ? wanted : wanted.forwardingNothing(), sysctl, settings));
      } catch (IOException e) {
        LOG.error("kernel settings not set why=\"{}\"", e.getMessage());
      }
    }
  }

  /** On the firewall's thread. */
  private void happened(FirewallEvent event) {
    log(event);
    boolean decided =
        event instanceof FirewallEvent.Applied
            || event instanceof FirewallEvent.Refused
            || event instanceof FirewallEvent.Failed;
    synchronized (settings) {
      if (decided && !mayForward) {
        mayForward = true;
        applySettings();
      }
    }
  }

  private static Excuse.NotInResource inResource(GatewayNodeSpec spec) {
    return new Excuse.NotInResource(
        spec.routers().stream().map(NodeRouter::node).collect(Collectors.toSet()),
        spec.networks().stream().map(NodeNetwork::name).collect(Collectors.toSet()),
        spec.networks().stream()
            .filter(network -> !network.virtualRouters().isEmpty())
            .map(NodeNetwork::name)
            .collect(Collectors.toSet()));
  }

  /** IPv4 always; IPv6 where the resource speaks it. */
  private static Set<Family> families(GatewayNodeSpec spec) {
    Set<Family> families =
        spec.networks().stream()
            .flatMap(network -> network.virtualRouters().stream())
            .map(NodeVirtualRouter::family)
            .collect(Collectors.toSet());
    families.add(Family.IPV4);
    return families;
  }

  private static Set<String> interfaces(GatewayNodeSpec spec) {
    return spec.networks().stream().map(NodeNetwork::interfaceName).collect(Collectors.toSet());
  }

  List<KernelSetting> kernelSettings() {
    return listed;
  }

  FirewallStatus firewallStatus() {
    FirewallReport report = firewall.report();
    return new FirewallStatus(
        report.standing() == null ? null : report.standing().generation(),
        report.onTrial() ? true : null,
        report.backEnd() == null ? null : report.backEnd().text(),
        report.mixed(),
        report.driftRepaired(),
        report.logHits());
  }

  /** What keeps the wanted policy from standing, or beside it judges packets. */
  List<String> policyProblems() {
    return firewall.report().problems();
  }

  /** A router was heard by an advert. */
  void advertHeard(String network, IpAddress source, boolean givesUp) {
    Party party = Party.advertsOf(source, network);
    if (givesUp) {
      firewall.excuse(new Excuse.GaveUp(party));
    } else {
      heard(party, 0);
    }
  }

  /** A peer was heard by its link on this network. */
  void linkHeard(String peer, String network, long agoNanos) {
    heard(Party.linkOf(peer, network), agoNanos);
  }

  /** Somebody answered, like the API server. */
  void answered(String who) {
    heard(Party.answering(who), 0);
  }

  private void heard(Party party, long agoNanos) {
    if (ConfirmMachine.isExpected(party, isActive, inResource)) {
      firewall.heard(party, agoNanos);
    }
  }

  /** A network has no carrier: whoever is not heard there now is not cut off by a policy. */
  void networkDown(String network) {
    firewall.excuse(new Excuse.NoCarrier(network));
  }

  /** This router's role has changed. */
  void roleChanged(Transition transition) {
    isActive = transition.to() == Role.ACTIVE;
    if (!isActive) {
      return;
    }
    if (transition.reason() == Reason.ACTIVE_SILENT) {
      firewall.activeLost();
    } else {
      firewall.excuse(new Excuse.RoleGiven());
    }
  }

  /** True while a new policy waits for somebody to be heard. */
  boolean policyOnTrial() {
    return firewall.report().onTrial();
  }

  void tryPolicyAgain() {
    firewall.tryAgain();
  }

  private static void log(FirewallEvent event) {
    switch (event) {
      case FirewallEvent.Applied(var mark, boolean changed, long tookMillis) -> {
        if (changed) {
          LOG.info("policy applied generation={} millis={}", mark.generation(), tookMillis);
        }
      }
      case FirewallEvent.Refused(var mark, String sentence) ->
          LOG.warn("policy refused generation={} why=\"{}\"", mark.generation(), sentence);
      case FirewallEvent.DriftRepaired(String what, long repairs) ->
          LOG.warn("policy repaired times={} what=\"{}\"", repairs, what);
      case FirewallEvent.OnTrial(var mark, var missing) ->
          LOG.info("policy on trial generation={} waiting-for={}", mark.generation(), missing);
      case FirewallEvent.Confirmed(var mark) ->
          LOG.info("policy confirmed generation={}", mark.generation());
      case FirewallEvent.RolledBack(var mark, var missing) ->
          LOG.error("policy rolled back generation={} not-heard={}", mark.generation(), missing);
      case FirewallEvent.MixedBackEnds(String sentence) -> LOG.warn("policy {}", sentence);
      case FirewallEvent.Failed(String sentence) -> LOG.error("policy failed why=\"{}\"", sentence);
    }
  }

  @Override
  public void close() {
    firewall.close();
  }
}
