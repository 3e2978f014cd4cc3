package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.rtnetlink.InterfaceAddress;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.agent.rtnetlink.RtRequest;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Puts virtual addresses on interfaces and takes them away. Every address has a lifetime in the
 * kernel that {@link #renew} starts anew: an agent that died or hangs leaves none behind.
 *
 * <p>Beside an own address of the router in the same prefix, a virtual address is a /32 or /128
 * without a route of its own, so that its end takes nothing along; in IPv6 it is never chosen as a
 * source then. Where the router has no own address in the prefix, the virtual address brings the
 * prefix's route and is a source like any other.
 *
 * <p>Owner: the loop thread.
 */
public final class AddressWriter {
  private final Rtnetlink rtnetlink;
  private final long lifetimeSeconds;

  /** What we hold, and in which form; in the order of the claims. */
  private final Map<VirtualAddress, RtRequest.NewAddress> held = new LinkedHashMap<>();

  /**
   * @param lifetimeSeconds from each renewal; whole seconds, because the kernel counts so
   */
  public AddressWriter(Rtnetlink rtnetlink, long lifetimeSeconds) {
    this.rtnetlink = rtnetlink;
    this.lifetimeSeconds = lifetimeSeconds;
  }

  /**
   * Makes these addresses ours, or renews them. To be called again with the same addresses when own
   * addresses of the router came or went: the form follows.
   */
  public Outcome<VirtualAddress> claim(Collection<VirtualAddress> addresses) {
    Map<String, Link> links = linksByName();
    List<InterfaceAddress> present = rtnetlink.addresses();
    Set<IpAddress> virtual = new HashSet<>();
    addresses.forEach(address -> virtual.add(address.prefix().address()));
    held.keySet().forEach(address -> virtual.add(address.prefix().address()));
    var done = new ArrayList<VirtualAddress>();
    var refused = new ArrayList<Outcome.Refused<VirtualAddress>>();
    var requests = new ArrayList<ByteBuffer>();
    var asked = new ArrayList<@Nullable VirtualAddress>();
    var forms = new HashMap<VirtualAddress, RtRequest.NewAddress>();
    for (VirtualAddress address : addresses) {
      Link link = links.get(address.interfaceName());
      if (link == null) {
        refused.add(new Outcome.Refused<>(address, Errno.ENODEV));
        continue;
      }
      RtRequest.NewAddress form =
          form(address, link, links.get(address.baseName()), present, virtual);
      // An address that we or an earlier run put there with another prefix length stands in the
      // way.
      for (InterfaceAddress other : present) {
        if (other.interfaceIndex() == link.index()
            && other.prefix().address().equals(form.prefix().address())
            && other.prefix().length() != form.prefix().length()) {
          requests.add(RtRequest.removeAddress(link.index(), other.prefix()));
          asked.add(null);
        }
      }
      requests.add(RtRequest.putAddress(form));
      asked.add(address);
      forms.put(address, form);
    }
    Set<VirtualAddress> failed = new HashSet<>();
    rtnetlink.requestAll(
        requests,
        (index, errno) -> {
          VirtualAddress address = asked.get(index);
          if (address != null) {
            failed.add(address);
            refused.add(new Outcome.Refused<>(address, errno));
          }
        });
    for (VirtualAddress address : addresses) {
      RtRequest.NewAddress form = forms.get(address);
      if (form != null && !failed.contains(address)) {
        held.put(address, form);
        done.add(address);
      }
    }
    return new Outcome<>(done, refused);
  }

  private RtRequest.NewAddress form(
      VirtualAddress address,
      Link link,
      @Nullable Link base,
      List<InterfaceAddress> present,
      Set<IpAddress> virtual) {
    Prefix prefix = address.prefix();
    boolean besideOwn =
        base != null
            && present.stream()
                .anyMatch(
                    own -> isOwn(own, base, virtual) && own.prefix().contains(prefix.address()));
    if (!besideOwn) {
      return new RtRequest.NewAddress(link.index(), prefix, true, lifetimeSeconds, lifetimeSeconds);
    }
    long preferredSeconds = prefix.family() == Family.IPV6 ? 0 : lifetimeSeconds;
    return new RtRequest.NewAddress(
        link.index(), Prefix.host(prefix.address()), false, preferredSeconds, lifetimeSeconds);
  }

  /** Put there by somebody else, and not by an earlier run on a kernel that keeps no marks. */
  private static boolean isOwn(InterfaceAddress address, Link base, Set<IpAddress> virtual) {
    return address.interfaceIndex() == base.index()
        && !address.isOurs()
        && !virtual.contains(address.prefix().address());
  }

  /** Starts the lifetime of everything that we hold anew; puts back what somebody removed. */
  public Outcome<VirtualAddress> renew() {
    return doAll(
        List.copyOf(held.keySet()), held.values().stream().map(RtRequest::putAddress).toList());
  }

  /** Takes away everything that we hold. Gone already counts as done. */
  public Outcome<VirtualAddress> release() {
    return release(List.copyOf(held.keySet()));
  }

  /** Takes away those of the given addresses that we hold. */
  public Outcome<VirtualAddress> release(Collection<VirtualAddress> addresses) {
    var released = new ArrayList<VirtualAddress>();
    var requests = new ArrayList<ByteBuffer>();
    for (VirtualAddress address : addresses) {
      RtRequest.NewAddress form = held.remove(address);
      if (form != null) {
        released.add(address);
        requests.add(RtRequest.removeAddress(form.interfaceIndex(), form.prefix()));
      }
    }
    return doAll(released, requests, Errno.EADDRNOTAVAIL, Errno.ENODEV);
  }

  /** What we hold, in the order of the claims. */
  public List<VirtualAddress> held() {
    return List.copyOf(held.keySet());
  }

  /** Which of these addresses are on their interfaces now, whoever put them there. */
  public List<VirtualAddress> present(Collection<VirtualAddress> addresses) {
    Map<String, Link> links = linksByName();
    List<InterfaceAddress> present = rtnetlink.addresses();
    return addresses.stream()
        .filter(
            address -> {
              Link link = links.get(address.interfaceName());
              return link != null
                  && present.stream()
                      .anyMatch(
                          p ->
                              p.interfaceIndex() == link.index()
                                  && p.prefix().address().equals(address.prefix().address()));
            })
        .toList();
  }

  /**
   * Removes what an earlier run left behind: addresses with our mark, and these virtual addresses
   * when their lifetime is limited (kernels before 5.18 keep no marks). A permanent address was put
   * there by somebody else and stays.
   *
   * @return what was removed
   */
  public List<InterfaceAddress> removeLeftovers(Collection<VirtualAddress> configured) {
    Set<RtRequest.NewAddress> ours = Set.copyOf(held.values());
    Set<IpAddress> addresses =
        configured.stream().map(v -> v.prefix().address()).collect(Collectors.toSet());
    List<InterfaceAddress> leftovers =
        rtnetlink.addresses().stream()
            .filter(
                a -> a.isOurs() || (!a.isPermanent() && addresses.contains(a.prefix().address())))
            .filter(
                a ->
                    ours.stream()
                        .noneMatch(
                            o ->
                                o.interfaceIndex() == a.interfaceIndex()
                                    && o.prefix().equals(a.prefix())))
            .toList();
    return doAll(
            leftovers,
            leftovers.stream()
                .map(a -> RtRequest.removeAddress(a.interfaceIndex(), a.prefix()))
                .toList(),
            Errno.EADDRNOTAVAIL,
            Errno.ENODEV)
        .done();
  }

  private Map<String, Link> linksByName() {
    return rtnetlink.links().stream().collect(Collectors.toMap(Link::name, link -> link));
  }

  private <T> Outcome<T> doAll(List<T> things, List<ByteBuffer> requests, int... harmless) {
    return Requests.doAll(rtnetlink, things, requests, harmless);
  }
}
