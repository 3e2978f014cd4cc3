package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.loop.AgentLoop;
import dev.holdfast.agent.loop.Effect;
import dev.holdfast.agent.loop.Found;
import dev.holdfast.agent.loop.Inbox;
import dev.holdfast.agent.role.core.Asked;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.role.core.Transition;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what the core wants: adverts, addresses, announcements, log lines. On the loop's thread, in
 * order; a refusal of the kernel goes back as an event.
 */
final class Effects implements AgentLoop.Performer {

  private static final Logger LOG = LoggerFactory.getLogger(Effects.class);

  private final VrrpPorts ports;
  private final AddressWriter addresses;
  private final RouteWriter routes;
  private final Announcer announcer;
  private final NextHopProbe probe;
  private final HandoverDesk handovers;
  private final AskedStore asked;
  private final LastAdvert lastAdvert;
  private final RoleHooks hooks;
  private final Consumer<Transition> roleChanges;
  private final Inbox inbox;
  private final LongSupplier nanoTime;
  private @Nullable FlowSync flowSync;
  private Runnable roleListener = () -> {};
  private GatewayNodeSpec spec;
  private boolean finished;

  Effects(
      GatewayNodeSpec spec,
      VrrpPorts ports,
      AddressWriter addresses,
      RouteWriter routes,
      Announcer announcer,
      NextHopProbe probe,
      HandoverDesk handovers,
      AskedStore asked,
      LastAdvert lastAdvert,
      RoleHooks hooks,
      Consumer<Transition> roleChanges,
      Inbox inbox,
      LongSupplier nanoTime) {
    this.spec = spec;
    this.ports = ports;
    this.addresses = addresses;
    this.routes = routes;
    this.announcer = announcer;
    this.probe = probe;
    this.handovers = handovers;
    this.asked = asked;
    this.lastAdvert = lastAdvert;
    this.hooks = hooks;
    this.roleChanges = roleChanges;
    this.inbox = inbox;
    this.nanoTime = nanoTime;
  }

  /** Before the loop begins; without it a takeover has no flows to wait for. */
  void flowSync(@Nullable FlowSync sync) {
    flowSync = sync;
  }

  void whenRoleChanges(Runnable listener) {
    roleListener = listener;
  }

  void reconfigure(GatewayNodeSpec changed) {
    spec = changed;
  }

  @Override
  public boolean finished() {
    return finished;
  }

  @Override
  public void perform(Effect effect) {
    switch (effect) {
      case Effect.SendAdvert(var segment, var advert, var source) -> {
        ports.send(segment, advert, source);
        if (advert.resigns()) {
          lastAdvert.resigned();
        } else {
          lastAdvert.sent(nanoTime.getAsLong());
        }
      }
      case Effect.CommitFlows(long takeover, long _) -> commit(takeover);
      case Effect.AskBarrier(String node) -> askBarrier(node);
      case Effect.ClaimAddresses(long takeover, var wanted) -> claim(takeover, wanted);
      case Effect.RenewAddresses(var wanted) -> renew(wanted);
      case Effect.Announce(var wanted) -> announce(wanted);
      case Effect.WithdrawAddresses(var wanted) -> withdraw(wanted);
      case Effect.AskNextHop(NextHop hop) -> probe.ask(hop);
      case Effect.AnswerHandover(long request, boolean done, String sentence) ->
          handovers.answered(request, done, sentence);
      case Effect.Remember(Asked what) -> asked.keep(what);
      case Effect.Report(Transition transition) -> report(transition);
      case Effect.Warn(var sighting, String subject, String detail) ->
          LOG.warn("seen what={} who={} detail=\"{}\"", sighting.word(), subject, detail);
      case Effect.Finish() -> finished = true;
    }
  }

  /** Without a link no peer is in sync, and none is asked. */
  private void askBarrier(String node) {
    FlowSync sync = flowSync;
    if (sync != null) {
      sync.askBarrier(node);
    }
  }

  private void commit(long takeover) {
    FlowSync sync = flowSync;
    if (sync == null) {
      inbox.offer(new AgentEvent.FlowsCommitted(takeover));
    } else {
      sync.commit(takeover);
    }
  }

  private void claim(
      long takeover, Collection<dev.holdfast.agent.role.core.VirtualAddress> wanted) {
    boolean answered =
        attempt(
            () -> {
              ports.raise();
              return addresses.claim(onInterfaces(wanted));
            });
    if (answered) {
      claimRoutes();
      inbox.offer(new AgentEvent.AddressesClaimed(takeover));
    }
  }

  private void renew(Collection<dev.holdfast.agent.role.core.VirtualAddress> wanted) {
    List<VirtualAddress> all = onInterfaces(wanted);
    boolean sameAsHeld = addresses.held().containsAll(all) && all.containsAll(addresses.held());
    attempt(sameAsHeld ? addresses::renew : () -> addresses.claim(all));
    claimRoutes();
  }

  /** Also what an agent before this one left behind. */
  private void withdraw(Collection<dev.holdfast.agent.role.core.VirtualAddress> wanted) {
    List<VirtualAddress> all = onInterfaces(wanted);
    attempt(
        () -> {
          routes.release();
          routes.removeLeftovers();
          Outcome<VirtualAddress> released = addresses.release(all);
          addresses.removeLeftovers(all);
          ports.lower();
          return released;
        });
  }

  /** What is there before the core starts. */
  Found found(Map<String, Link> links, OptionalLong lastAdvertAgeNanos, Asked asked) {
    List<VirtualAddress> all =
        spec.networks().stream()
            .flatMap(
                network ->
                    network.virtualPrefixes().stream()
                        .map(
                            prefix ->
                                new VirtualAddress(
                                    interfaceOf(network, prefix), network.interfaceName(), prefix)))
            .toList();
    return new Found(links, !addresses.present(all).isEmpty(), lastAdvertAgeNanos, asked);
  }

  private interface Attempt {
    Outcome<VirtualAddress> make();
  }

  /**
   * A netlink socket that fails as a whole is logged, and nothing is answered: the core asks again
   * a second later.
   */
  private boolean attempt(Attempt attempt) {
    try {
      tellRefused(attempt.make());
      return true;
    } catch (SyscallException e) {
      LOG.error("addresses not changed why={}", e.getMessage());
      return false;
    }
  }

  private void announce(Collection<dev.holdfast.agent.role.core.VirtualAddress> wanted) {
    List<Announcer.Announcement> all = new ArrayList<>();
    for (dev.holdfast.agent.role.core.VirtualAddress address : wanted) {
      ports
          .port(address.network(), address.prefix().family())
          .ifPresent(
              port -> {
                MacAddress mac = port.addressMac();
                if (mac != null) {
                  all.add(
                      new Announcer.Announcement(
                          port.place().interfaceIndex(), mac, address.prefix().address()));
                }
              });
    }
    // A dead link refuses; the link monitor tells that, and announcements are repeated.
    announcer.announce(all);
  }

  private void tellRefused(Outcome<VirtualAddress> outcome) {
    for (Outcome.Refused<VirtualAddress> refused : outcome.refused()) {
      LOG.warn("address refused what={} errno={}", refused.what(), Errno.describe(refused.errno()));
      for (NodeNetwork network : spec.networks()) {
        if (network.interfaceName().equals(refused.what().baseName())) {
          inbox.offer(
              new AgentEvent.AddressRefused(
                  network.name(),
                  refused.what().prefix().address(),
                  Errno.describe(refused.errno())));
        }
      }
    }
  }

  /** A router without an own address on the WAN has its default route only while active. */
  private void claimRoutes() {
    List<RouteWriter.WantedRoute> wanted = new ArrayList<>();
    for (NodeNetwork network : spec.networks()) {
      network.gateways().stream()
          .map(IpAddress::parse)
          .filter(gateway -> ports.ownSource(network.name(), gateway.family()) == null)
          .forEach(
              gateway ->
                  wanted.add(
                      new RouteWriter.WantedRoute(
                          network.interfaceName(),
                          new Prefix(unspecified(gateway), 0),
                          gateway,
                          0)));
    }
    if (!wanted.isEmpty()) {
      Outcome<RouteWriter.WantedRoute> outcome = routes.claim(wanted);
      outcome.refused().forEach(refused -> LOG.warn("route refused what={}", refused));
    }
  }

  private static IpAddress unspecified(IpAddress gateway) {
    return switch (gateway.family()) {
      case IPV4 -> new Ipv4Address(0);
      case IPV6 -> new Ipv6Address(0, 0);
    };
  }

  /** The core speaks of networks, the kernel of interfaces. */
  private List<VirtualAddress> onInterfaces(
      Collection<dev.holdfast.agent.role.core.VirtualAddress> wanted) {
    List<VirtualAddress> all = new ArrayList<>(wanted.size());
    for (dev.holdfast.agent.role.core.VirtualAddress address : wanted) {
      spec.network(address.network())
          .ifPresent(
              network ->
                  all.add(
                      new VirtualAddress(
                          interfaceOf(network, address.prefix()),
                          network.interfaceName(),
                          address.prefix())));
    }
    return all;
  }

  private String interfaceOf(NodeNetwork network, Prefix prefix) {
    return ports
        .port(network.name(), prefix.family())
        .map(VrrpPort::addressInterface)
        .orElse(network.interfaceName());
  }

  private void report(Transition transition) {
    LOG.info(
        "role changed cluster={} router={} from={} to={} why={}{}{}",
        spec.cluster(),
        spec.node(),
        transition.from().word(),
        transition.to().word(),
        transition.reason().word(),
        transition.detail().isEmpty() ? "" : " detail=\"" + transition.detail() + "\"",
        transition.gapMillis().isPresent()
            ? " gapMillis=" + transition.gapMillis().getAsLong()
            : "");
    roleChanges.accept(transition);
    hooks.changed(transition.from(), transition.to());
    roleListener.run();
  }
}
