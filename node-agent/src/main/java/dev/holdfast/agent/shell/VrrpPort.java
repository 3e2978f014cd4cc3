package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.SenderFilter;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.agent.vrrp.wire.AdvertRules;
import dev.holdfast.agent.vrrp.wire.Authentication;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.agent.vrrp.wire.Decoded;
import dev.holdfast.agent.vrrp.wire.DropReason;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One virtual router's way in and out, on one index of its interface: what adverts leave by, what
 * hears others' adverts and claims of its addresses, and its own MAC where the resource asks for
 * one.
 *
 * <p>Only adverts that count reach the loop. The others are counted by reason and told together, at
 * most ten times a second, so that a flood costs the loop nothing.
 */
final class VrrpPort implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(VrrpPort.class);
  private static final long TELL_NANOS = 100_000_000L;

  /**
   * Where and how.
   *
   * @param mac of the interface with the router's own addresses
   * @param local the group, or our own address when adverts are unicast
   * @param destinations the group, or every peer
   * @param virtualMac the addresses live on an interface with the virtual router's MAC
   */
  record Place(
      Segment segment,
      String interfaceName,
      int interfaceIndex,
      @Nullable MacAddress mac,
      IpAddress local,
      List<IpAddress> destinations,
      AdvertRules rules,
      Authentication authentication,
      ChecksumForm checksumForm,
      boolean virtualMac) {

    Family family() {
      return segment.family();
    }
  }

  private final Place place;
  private final Consumer<AgentEvent> sink;
  private final Supplier<SenderFilter> filter;
  private final Runnable atThreadStart;
  private final @Nullable VirtualMac virtualMac;
  private final VrrpSender sender;
  private final VrrpReceiver receiver;
  private final AddressClaimReceiver claims;
  private @Nullable VrrpReceiver aboveReceiver;
  private int identification;

  /**
   * Opens the sockets and starts to listen.
   *
   * @param atThreadStart runs first on each receiving thread
   */
  VrrpPort(
      Place place,
      Link base,
      Rtnetlink rtnetlink,
      Sysctl sysctl,
      Consumer<AgentEvent> sink,
      Supplier<SenderFilter> filter,
      Runnable atThreadStart) {
    this.place = place;
    this.sink = sink;
    this.filter = filter;
    this.atThreadStart = atThreadStart;
    virtualMac =
        place.virtualMac()
            ? VirtualMac.create(rtnetlink, sysctl, base, place.family(), place.rules().vrid())
            : null;
    sender =
        virtualMac != null && place.local().isMulticast()
            ? VrrpSender.openVirtual(place.interfaceIndex(), virtualMac.mac())
            : VrrpSender.open(place.family(), place.interfaceName(), place.interfaceIndex());
    receiver = listen(place.interfaceName(), place.interfaceIndex());
    claims =
        AddressClaimReceiver.start(
            place.family(),
            place.interfaceName(),
            place.interfaceIndex(),
            new AddressClaimReceiver.Sink() {
              @Override
              public void claimed(IpAddress address, MacAddress mac) {
                sink.accept(
                    new AgentEvent.AddressClaimSeen(place.segment().network(), address, mac));
              }

              @Override
              public void failed(SyscallException why) {
                LOG.warn("claims not heard on={} why={}", place.segment(), why.getMessage());
              }
            });
    claims.watch(place.rules().addresses(), ourMacs());
  }

  private Set<MacAddress> ourMacs() {
    Set<MacAddress> macs = new HashSet<>();
    if (place.mac() != null) {
      macs.add(place.mac());
    }
    if (virtualMac != null) {
      macs.add(virtualMac.mac());
    }
    return macs;
  }

  private VrrpReceiver listen(String interfaceName, int interfaceIndex) {
    return VrrpReceiver.start(
        interfaceName, interfaceIndex, place.local(), atThreadStart, new Judge());
  }

  Place place() {
    return place;
  }

  /** Where the virtual addresses are put. */
  String addressInterface() {
    return virtualMac == null ? place.interfaceName() : virtualMac.name();
  }

  /** The MAC at which hosts find the virtual addresses; null for an interface without one. */
  @Nullable MacAddress addressMac() {
    return virtualMac == null ? place.mac() : virtualMac.mac();
  }

  /** The virtual addresses are about to be claimed. */
  void raise() {
    if (virtualMac != null && aboveReceiver == null) {
      virtualMac.up();
      if (place.local().isMulticast()) {
        // Adverts of another active router come from the same MAC: only the macvlan hears them.
        aboveReceiver = listen(virtualMac.name(), virtualMac.index());
      }
    }
  }

  /** The virtual addresses have been released. */
  void lower() {
    if (virtualMac != null) {
      virtualMac.down();
    }
    if (aboveReceiver != null) {
      aboveReceiver.close();
      aboveReceiver = null;
    }
  }

  /**
   * Sends one advert to every destination. A network that is down refuses, and that is no news: the
   * link monitor tells it, and the next advert is the retry.
   */
  void send(Advert advert, IpAddress source) {
    identification = identification == 0xffff ? 1 : identification + 1;
    for (IpAddress destination : place.destinations()) {
      try {
        sender.send(encode(advert, source, destination), source, destination);
      } catch (SyscallException e) {
        LOG.debug("advert not sent on={} why={}", place.segment(), e.getMessage());
      }
    }
  }

  private ByteBuffer encode(Advert advert, IpAddress source, IpAddress destination) {
    return ByteBuffer.wrap(
        switch (source) {
          case Ipv4Address from ->
              AdvertCodec.encodeIpv4(
                  advert,
                  place.authentication(),
                  place.checksumForm(),
                  from,
                  (Ipv4Address) destination,
                  identification);
          case Ipv6Address from -> AdvertCodec.encodeIpv6(advert, from, (Ipv6Address) destination);
        });
  }

  @Override
  public void close() {
    if (aboveReceiver != null) {
      aboveReceiver.close();
    }
    receiver.close();
    claims.close();
    sender.close();
    if (virtualMac != null) {
      virtualMac.close();
    }
  }

  /** Decodes what one receiver hears, on its thread. */
  private final class Judge implements VrrpReceiver.Sink {

    private final Map<DropReason, Drops> drops = new EnumMap<>(DropReason.class);
    private long toldAtNanos;

    @Override
    public void received(
        ByteBuffer packet,
        IpAddress source,
        IpAddress destination,
        int hopLimit,
        long arrivedNanos) {
      switch (decode(packet, source, destination, hopLimit)) {
        case Decoded.Ok ok -> {
          if (filter.get().counts(place.segment(), ok.source())) {
            sink.accept(new AgentEvent.AdvertReceived(place.segment(), ok));
          } else {
            drop(DropReason.STRANGER, source, arrivedNanos);
          }
        }
        case Decoded.Dropped(DropReason reason) -> drop(reason, source, arrivedNanos);
      }
    }

    @Override
    public Set<IpAddress> whomToHearInAFlood() {
      return filter.get().listed(place.segment());
    }

    private Decoded decode(
        ByteBuffer packet, IpAddress source, IpAddress destination, int hopLimit) {
      return switch (source) {
        case Ipv4Address four -> AdvertCodec.decodeIpv4(packet, this::rules);
        case Ipv6Address six ->
            AdvertCodec.decodeIpv6(packet, six, (Ipv6Address) destination, hopLimit, this::rules);
      };
    }

    private @Nullable AdvertRules rules(int vrid) {
      return vrid == place.rules().vrid() ? place.rules() : null;
    }

    /** Told with the first, and then with the first after {@link #TELL_NANOS}. */
    private void drop(DropReason reason, IpAddress source, long nowNanos) {
      Drops counted = drops.computeIfAbsent(reason, r -> new Drops());
      counted.count++;
      counted.lastSource = source;
      if (nowNanos - toldAtNanos >= TELL_NANOS) {
        drops.forEach(
            (why, all) ->
                sink.accept(
                    new AgentEvent.AdvertsDropped(
                        place.segment(), why, all.lastSource, all.count)));
        drops.clear();
        toldAtNanos = nowNanos;
      }
    }

    @Override
    public void failed(SyscallException why) {
      LOG.warn("adverts not heard on={} why={}", place.segment(), why.getMessage());
    }
  }

  private static final class Drops {
    private long count;
    private IpAddress lastSource = new Ipv4Address(0);
  }
}
