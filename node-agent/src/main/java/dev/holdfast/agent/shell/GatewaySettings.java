package dev.holdfast.agent.shell;

import dev.holdfast.agent.shell.KernelSettings.Wanted;
import dev.holdfast.api.addr.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which settings of the kernel a gateway needs. Only reads; {@link KernelSettings} sets.
 *
 * <p>The order matters, because the kernel couples settings: switching forwarding on or off resets
 * others, so those are remembered first and, on the way back, restored last.
 */
public final class GatewaySettings {
  private static final String FOUR = "net/ipv4/conf/";
  private static final String SIX = "net/ipv6/conf/";

  private GatewaySettings() {}

  /**
   * What the gateway is made of.
   *
   * @param families that it forwards
   * @param virtualInterfaces interfaces that carry virtual addresses
   * @param virtualMacBases interfaces below a virtual MAC; empty without virtual MACs
   * @param tracksFlows connection tracking is in use: flow sync, NAT or a stateful firewall
   * @param flowsMax entries that the connection tracking table must have room for; 0 for no wish
   */
  public record Gateway(
      Set<Family> families,
      Set<String> virtualInterfaces,
      Set<String> virtualMacBases,
      boolean tracksFlows,
      long flowsMax) {

    /** The same while nothing may pass yet. */
    Gateway forwardingNothing() {
      return new Gateway(Set.of(), virtualInterfaces, virtualMacBases, tracksFlows, flowsMax);
    }
  }

  /**
   * What to hand to {@link KernelSettings#apply}. The same again as long as gateway and interfaces
   * are the same: it goes by what was there before our own changes.
   */
  public static List<Wanted> plan(Gateway gateway, Sysctl sysctl, KernelSettings settings) {
    var plan = new ArrayList<Wanted>();
    for (String name : sorted(gateway.virtualInterfaces())) {
      // The end of one address must not take the others of its prefix along.
      plan.add(Wanted.exactly(FOUR + name + "/promote_secondaries", "1"));
    }
    if (!gateway.virtualMacBases().isEmpty()) {
      virtualMacs(gateway.virtualMacBases(), sysctl, settings, plan);
    }
    if (gateway.families().contains(Family.IPV4)) {
      forwarding4(sysctl, settings, plan);
    }
    if (gateway.families().contains(Family.IPV6)) {
      forwarding6(sysctl, settings, plan);
    }
    if (gateway.tracksFlows()) {
      // Entries made before we listened would stay silent with the automatic mode.
      plan.add(Wanted.exactly("net/netfilter/nf_conntrack_events", "1"));
      // A router that took over does not know the windows: nothing may be called invalid for that.
      plan.add(Wanted.exactly("net/netfilter/nf_conntrack_tcp_be_liberal", "1"));
      if (gateway.flowsMax() > 0) {
        plan.add(Wanted.atLeast("net/netfilter/nf_conntrack_max", gateway.flowsMax()));
      }
    }
    return plan;
  }

  /** With ip_forward the kernel writes accept_redirects and every interface's forwarding. */
  private static void forwarding4(Sysctl sysctl, KernelSettings settings, List<Wanted> plan) {
    List<String> coupled = new ArrayList<>(List.of(FOUR + "all/accept_redirects"));
    coupled.addAll(perInterface(FOUR, "/forwarding", sysctl));
    switchOn("net/ipv4/ip_forward", coupled, sysctl, settings, plan);
  }

  /** A router that forwards ignores advertisements of other routers unless told otherwise. */
  private static void forwarding6(Sysctl sysctl, KernelSettings settings, List<Wanted> plan) {
    for (String path : perInterface(SIX, "/accept_ra", sysctl)) {
      if (settings.before(path).equals(Optional.of("1"))) {
        plan.add(Wanted.exactly(path, "2"));
      }
    }
    switchOn(
        SIX + "all/forwarding", perInterface(SIX, "/forwarding", sysctl), sysctl, settings, plan);
  }

  private static void switchOn(
      String path,
      List<String> coupled,
      Sysctl sysctl,
      KernelSettings settings,
      List<Wanted> plan) {
    boolean off = sysctl.read(path).equals(Optional.of("0"));
    for (String other : coupled) {
      // Once it is on, what stands there is no longer an original.
      if (off || settings.remembers(other)) {
        plan.add(Wanted.remembered(other));
      }
    }
    plan.add(Wanted.exactly(path, "1"));
  }

  /**
   * The interface below answers for its own addresses only and never asks in the name of a virtual
   * one, or hosts would learn its MAC for the virtual address. The reverse path filter of "all"
   * would count for the macvlan too, where the way back never leads: it moves to the interfaces.
   */
  private static void virtualMacs(
      Set<String> bases, Sysctl sysctl, KernelSettings settings, List<Wanted> plan) {
    for (String name : sorted(bases)) {
      plan.add(Wanted.exactly(FOUR + name + "/arp_ignore", "1"));
      plan.add(Wanted.exactly(FOUR + name + "/arp_announce", "2"));
    }
    String all = settings.before(FOUR + "all/rp_filter").orElse("0");
    if (!all.equals("0")) {
      for (String path : perInterface(FOUR, "/rp_filter", sysctl)) {
        // Effective is the higher of both, 0 to 2.
        if (settings.before(path).orElse("0").compareTo(all) < 0) {
          plan.add(Wanted.exactly(path, all));
        }
      }
      plan.add(Wanted.exactly(FOUR + "all/rp_filter", "0"));
    }
  }

  /** The setting of "default" and of every interface but loopback and our own macvlans. */
  private static List<String> perInterface(String root, String setting, Sysctl sysctl) {
    return sysctl.children(root).stream()
        .filter(name -> !name.equals("all") && !name.equals("lo") && !VirtualMac.isName(name))
        .map(name -> root + name + setting)
        .toList();
  }

  private static List<String> sorted(Set<String> names) {
    return names.stream().sorted().toList();
  }
}
