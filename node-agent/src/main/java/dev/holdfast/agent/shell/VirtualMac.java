package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.agent.rtnetlink.RtRequest;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.MacAddress;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The interface that carries one virtual router's own MAC (RFC 9568 section 7.3): a macvlan in
 * private mode above the interface with the router's own addresses. The virtual addresses are put
 * on it.
 *
 * <p>It is up only while the router is active. A macvlan that is up on a backup would send
 * membership reports from the virtual MAC, and every switch would believe that the gateway is
 * there; it would also take the active router's adverts, which carry the same MAC, away from the
 * interface below. So a backup hears adverts on the interface below; an active router must listen
 * on the macvlan too, because adverts of another active one arrive only there. Adverts and
 * announcements leave as frames over the interface below ({@link VrrpSender#openVirtual}) and need
 * no macvlan at all.
 *
 * <p>Owner: the loop thread.
 */
public final class VirtualMac implements AutoCloseable {
  private final Rtnetlink rtnetlink;
  private final Link link;

  private VirtualMac(Rtnetlink rtnetlink, Link link) {
    this.rtnetlink = rtnetlink;
    this.link = link;
  }

  /** The name we give it: unique on a machine, and short enough. */
  public static String name(Family family, int vrid, int baseIndex) {
    return "hf" + (family == Family.IPV4 ? "4-" : "6-") + vrid + "-" + baseIndex;
  }

  /**
   * Creates it, down and configured; adopts one that an earlier run left, without its addresses.
   *
   * @param base the interface with the router's own addresses
   */
  public static VirtualMac create(
      Rtnetlink rtnetlink, Sysctl sysctl, Link base, Family family, int vrid) {
    String name = name(family, vrid, base.index());
    MacAddress mac = MacAddress.ofVirtualRouter(family, vrid);
    removeLeftover(rtnetlink, name);
    rtnetlink.request(
        "add macvlan " + name + " on " + base.name(),
        RtRequest.addPrivateMacvlan(name, base.index(), mac));
    Optional<Link> made = rtnetlink.link(name);
    if (made.isEmpty()) {
      throw new SyscallException("add macvlan " + name, Errno.ENODEV, "it vanished at once");
    }
    var virtualMac = new VirtualMac(rtnetlink, made.get());
    try {
      virtualMac.configure(sysctl, family);
    } catch (RuntimeException e) {
      virtualMac.close();
      throw e;
    }
    return virtualMac;
  }

  private static void removeLeftover(Rtnetlink rtnetlink, String name) {
    Optional<Link> there = rtnetlink.link(name);
    if (there.isPresent() && there.get().kind().equals("macvlan")) {
      rtnetlink.removeLink(there.get());
    }
  }

  /** Whether an interface has one of our names. */
  static boolean isName(String name) {
    return name.matches("hf[46]-\\d+-\\d+");
  }

  /** Removes macvlans with our names that an earlier run left; returns their names. */
  public static List<String> removeLeftovers(Rtnetlink rtnetlink) {
    List<Link> leftovers =
        rtnetlink.links().stream()
            .filter(l -> l.kind().equals("macvlan") && isName(l.name()))
            .toList();
    leftovers.forEach(rtnetlink::removeLink);
    return leftovers.stream().map(Link::name).toList();
  }

  /** All of it ends with the interface: nothing has to be put back. */
  private void configure(Sysctl sysctl, Family family) {
    String four = "net/ipv4/conf/" + link.name() + "/";
    String six = "net/ipv6/conf/" + link.name() + "/";
    // Answer for its own addresses only, speak with its own addresses only; routes lead to hosts by
    // the interface below, so the way back is never "right".
    Map<String, String> settings =
        switch (family) {
          case IPV4 ->
              Map.of(
                  four + "arp_ignore", "1",
                  four + "arp_announce", "2",
                  four + "rp_filter", "0",
                  four + "accept_local", "1",
                  four + "promote_secondaries", "1",
                  four + "forwarding", "1",
                  six + "disable_ipv6", "1");
          case IPV6 ->
              Map.of(
                  six + "accept_ra", "0",
                  six + "autoconf", "0",
                  six + "accept_dad", "0",
                  six + "router_solicitations", "0",
                  six + "forwarding", "1",
                  four + "arp_ignore", "8");
        };
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      // A kernel without IPv6 has no such settings, and needs none.
      if (sysctl.read(setting.getKey()).isEmpty()) {
        continue;
      }
      try {
        sysctl.write(setting.getKey(), setting.getValue());
      } catch (IOException e) {
        throw new SyscallException(
            "write " + Sysctl.name(setting.getKey()), Errno.EACCES, String.valueOf(e.getMessage()));
      }
    }
    if (family == Family.IPV6) {
      rtnetlink.request(
          "no link-local address on " + link.name(),
          RtRequest.withoutLinkLocalAddress(link.index()));
    }
  }

  public String name() {
    return link.name();
  }

  public int index() {
    return link.index();
  }

  public MacAddress mac() {
    MacAddress mac = link.mac();
    if (mac == null) {
      throw new IllegalStateException("a macvlan without a MAC");
    }
    return mac;
  }

  /** Before the addresses are claimed. */
  public void up() {
    rtnetlink.setUp(link, true);
  }

  /** After the addresses were released; from then on nothing leaves from the virtual MAC. */
  public void down() {
    rtnetlink.setUp(link, false);
  }

  /** Removes the interface, and with it everything on it. */
  @Override
  public void close() {
    rtnetlink.removeLink(link);
  }
}
