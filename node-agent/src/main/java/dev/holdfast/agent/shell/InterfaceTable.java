package dev.holdfast.agent.shell;

import dev.holdfast.agent.rtnetlink.InterfaceAddress;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Interfaces and their addresses by name, kept up to date from {@link NetworkEvent}s.
 *
 * <p>Owner: one thread, whichever hears the events.
 */
public final class InterfaceTable {
  private final Map<String, Link> links = new HashMap<>();
  private final Map<String, List<InterfaceAddress>> addresses = new HashMap<>();

  /**
   * Takes one event in.
   *
   * @return the name of the interface that it concerns
   */
  public String apply(NetworkEvent event) {
    return switch (event) {
      case NetworkEvent.LinkChanged(Link link) -> {
        links.put(link.name(), link);
        yield link.name();
      }
      case NetworkEvent.LinkRemoved(String name, int index) -> {
        links.computeIfPresent(name, (_, link) -> link.index() == index ? null : link);
        addresses.computeIfPresent(
            name,
            (_, list) -> {
              list.removeIf(address -> address.interfaceIndex() == index);
              return list.isEmpty() ? null : list;
            });
        yield name;
      }
      case NetworkEvent.AddressAdded(String name, InterfaceAddress address, boolean _) -> {
        List<InterfaceAddress> list = addresses.computeIfAbsent(name, _ -> new ArrayList<>());
        list.removeIf(a -> a.prefix().equals(address.prefix()));
        list.add(address);
        yield name;
      }
      case NetworkEvent.AddressRemoved(String name, InterfaceAddress address, boolean _) -> {
        addresses.getOrDefault(name, List.of()).removeIf(a -> a.prefix().equals(address.prefix()));
        yield name;
      }
    };
  }

  public Optional<Link> link(String name) {
    return Optional.ofNullable(links.get(name));
  }

  /** The addresses of an interface in the order in which they came. */
  public List<InterfaceAddress> addresses(String name) {
    return List.copyOf(addresses.getOrDefault(name, List.of()));
  }

  /** All addresses of all interfaces. */
  public Set<IpAddress> allAddresses() {
    return addresses.values().stream()
        .flatMap(List::stream)
        .map(address -> address.prefix().address())
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * The router's own address from which adverts of a family come: for IPv4 one in the same prefix
   * as a virtual address, else the first; for IPv6 the link-local one.
   *
   * @param virtual the virtual addresses of the network, which are nobody's own
   */
  public Optional<IpAddress> ownAddress(String name, Family family, Collection<Prefix> virtual) {
    Set<IpAddress> virtualAddresses =
        virtual.stream().map(Prefix::address).collect(Collectors.toSet());
    List<InterfaceAddress> own =
        addresses(name).stream()
            .filter(a -> a.prefix().family() == family && !a.isOurs())
            .filter(InterfaceAddress::isUsable)
            .filter(a -> !virtualAddresses.contains(a.prefix().address()))
            .filter(a -> family == Family.IPV4 || a.prefix().address().isLinkLocal())
            .toList();
    return own.stream()
        .filter(a -> !a.isSecondary())
        .filter(a -> virtual.stream().anyMatch(v -> a.prefix().contains(v.address())))
        .findFirst()
        .or(() -> own.stream().findFirst())
        .map(a -> a.prefix().address());
  }
}
