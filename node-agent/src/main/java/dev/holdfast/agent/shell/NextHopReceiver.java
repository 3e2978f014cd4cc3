package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.agent.linux.SocketFilter;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.vrrp.wire.ArpFrame;
import dev.holdfast.agent.vrrp.wire.NeighborAdvertFrame;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears the answers to our questions after next hops: one interface, one family, the thread {@code
 * next-hop-rx-INTERFACE-4} or {@code -6}.
 *
 * <p>Only an answer to us counts, not whatever else a next hop says: on a cable that carries frames
 * one way only, it is heard although it does not hear us.
 */
final class NextHopReceiver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NextHopReceiver.class);
  private static final int NEIGHBOR_ADVERTISEMENT = 136;

  private final PacketSocket socket;
  private final Place place;
  private final Consumer<IpAddress> answered;

  /**
   * Where it listens.
   *
   * @param mac the interface's own, from which we ask
   */
  record Place(Family family, String interfaceName, int interfaceIndex, MacAddress mac) {}

  private NextHopReceiver(PacketSocket socket, Place place, Consumer<IpAddress> answered) {
    this.socket = socket;
    this.place = place;
    this.answered = answered;
  }

  /**
   * @param answered takes the address that answered, on the receiver's thread; must not block
   */
  static NextHopReceiver start(Place place, Consumer<IpAddress> answered) {
    PacketSocket.Options plain = PacketSocket.Options.PLAIN;
    PacketSocket socket =
        switch (place.family()) {
          case IPV4 ->
              PacketSocket.receiver(place.interfaceIndex(), PacketSocket.ETHERTYPE_ARP, plain);
          case IPV6 ->
              PacketSocket.receiver(
                  place.interfaceIndex(),
                  PacketSocket.ETHERTYPE_IPV6,
                  plain.withFilter(SocketFilter.icmpv6(NEIGHBOR_ADVERTISEMENT)));
        };
    var receiver = new NextHopReceiver(socket, place, answered);
    Thread.ofPlatform()
        .daemon()
        .name(
            "next-hop-rx-" + place.interfaceName() + (place.family() == Family.IPV4 ? "-4" : "-6"))
        .start(receiver::run);
    return receiver;
  }

  private void run() {
    try {
      while (socket.receive(Receive.FOREVER) != Receive.WOKEN) {
        judge(socket.frame());
      }
    } catch (SyscallException e) {
      LOG.warn("next hops not heard on={} why={}", place.interfaceName(), e.getMessage());
    }
  }

  private void judge(ByteBuffer frame) {
    switch (place.family()) {
      case IPV4 ->
          ArpFrame.decode(frame)
              .filter(arp -> arp.answers(place.mac()))
              .ifPresent(arp -> answered.accept(arp.senderIp()));
      case IPV6 ->
          NeighborAdvertFrame.decode(frame)
              .filter(advert -> advert.solicited() && advert.destination().equals(place.mac()))
              .ifPresent(advert -> answered.accept(advert.target()));
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
