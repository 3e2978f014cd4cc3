package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.RawSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.SenderFilter;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.agent.vrrp.wire.AdvertRules;
import dev.holdfast.agent.vrrp.wire.Authentication;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.agent.vrrp.wire.Decoded;
import dev.holdfast.agent.vrrp.wire.DropReason;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One virtual router's way in and out: a socket that adverts leave by, and a thread that reads and
 * decodes what comes in.
 *
 * <p>Only adverts that count reach the loop. The others are counted here by reason and told
 * together, at most {@value #TELLS_PER_SECOND} times a second, so that a flood costs the loop
 * nothing.
 */
final class VrrpPort implements AutoCloseable {

  private static final int TELLS_PER_SECOND = 10;
  private static final long TELL_NANOS = 1_000_000_000L / TELLS_PER_SECOND;

  /**
   * Where and how.
   *
   * @param local the group, or our own address when adverts are unicast
   * @param destinations the group, or every peer
   */
  record Place(
      Segment segment,
      String interfaceName,
      int interfaceIndex,
      IpAddress local,
      List<IpAddress> destinations,
      AdvertRules rules,
      Authentication authentication,
      ChecksumForm checksumForm) {}

  private final Place place;
  private final Consumer<AgentEvent> sink;
  private final Supplier<SenderFilter> filter;
  private final RawSocket receiver;
  private final RawSocket sender;
  private final Map<DropReason, Drops> drops = new EnumMap<>(DropReason.class);
  private int identification;
  private long toldAtNanos;
  private volatile boolean closed;

  private static final class Drops {
    private long count;
    private IpAddress lastSource = new Ipv4Address(0);
  }

  /** Opens the sockets and starts to listen. */
  VrrpPort(Place place, Consumer<AgentEvent> sink, Supplier<SenderFilter> filter) {
    this.place = place;
    this.sink = sink;
    this.filter = filter;
    receiver =
        RawSocket.receiver(
            AdvertCodec.PROTOCOL, place.interfaceName(), place.interfaceIndex(), place.local());
    try {
      sender =
          RawSocket.sender(
              place.segment().family(),
              AdvertCodec.PROTOCOL,
              place.interfaceName(),
              place.interfaceIndex());
    } catch (RuntimeException e) {
      receiver.close();
      throw e;
    }
    Thread.ofPlatform().daemon().name("vrrp-rx-" + place.interfaceName()).start(this::receiveAll);
  }

  Place place() {
    return place;
  }

  /**
   * Sends one advert to every destination. A network that is down refuses, and that is no news: the
   * link monitor tells it.
   *
   * @return how many destinations took it
   */
  int send(Advert advert, IpAddress source) {
    identification = identification == 0xffff ? 1 : identification + 1;
    int sent = 0;
    for (IpAddress destination : place.destinations()) {
      try {
        sender.send(encode(advert, source, destination), source, destination);
        sent++;
      } catch (SyscallException e) {
        // The next advert is the retry.
      }
    }
    return sent;
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

  private void receiveAll() {
    while (!closed) {
      int length = receiver.receive(drops.isEmpty() ? Receive.FOREVER : TELL_NANOS);
      if (length > 0) {
        take(decode());
      }
      if (!drops.isEmpty() && System.nanoTime() - toldAtNanos >= TELL_NANOS) {
        tellDrops();
      }
    }
  }

  private Decoded decode() {
    return switch (place.segment().family()) {
      case IPV4 -> AdvertCodec.decodeIpv4(receiver.packet(), this::rules);
      case IPV6 ->
          AdvertCodec.decodeIpv6(
              receiver.packet(),
              (Ipv6Address) receiver.source(),
              (Ipv6Address) receiver.destination(),
              receiver.hopLimit(),
              this::rules);
    };
  }

  private @Nullable AdvertRules rules(int vrid) {
    return vrid == place.rules().vrid() ? place.rules() : null;
  }

  private void take(Decoded decoded) {
    switch (decoded) {
      case Decoded.Ok ok -> {
        if (filter.get().counts(place.segment(), ok.source())) {
          sink.accept(new AgentEvent.AdvertReceived(place.segment(), ok));
        } else {
          drop(DropReason.STRANGER);
        }
      }
      case Decoded.Dropped(DropReason reason) -> drop(reason);
    }
  }

  private void drop(DropReason reason) {
    Drops counted = drops.computeIfAbsent(reason, r -> new Drops());
    counted.count++;
    counted.lastSource = receiver.source();
  }

  private void tellDrops() {
    drops.forEach(
        (reason, counted) ->
            sink.accept(
                new AgentEvent.AdvertsDropped(
                    place.segment(), reason, counted.lastSource, counted.count)));
    drops.clear();
    toldAtNanos = System.nanoTime();
  }

  @Override
  public void close() {
    closed = true;
    receiver.close();
    sender.close();
  }
}
