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
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hears who else on a segment says that one of our addresses is at its MAC, by ARP (request or
 * reply) or by a neighbour advertisement. One interface, one family, the thread {@code
 * claim-rx-INTERFACE-4} or {@code -6}.
 *
 * <p>The kernel drops everything else before it reaches us: on a gateway that is all traffic. A
 * claim that is repeated is told ten times a second at most.
 */
public final class AddressClaimReceiver implements AutoCloseable {
  private static final int NEIGHBOR_ADVERTISEMENT = 136;
  private static final long TELL_AGAIN_NANOS = 100_000_000;

  private final PacketSocket socket;
  private final Family family;
  private final Sink sink;
  private final Thread thread;
  private final Map<IpAddress, Long> toldAtNanos = new HashMap<>();
  private volatile Watched watched = new Watched(Set.of(), Set.of());

  private record Watched(Set<IpAddress> addresses, Set<MacAddress> ourMacs) {}

  /** Takes what was heard, on the receiver's thread; must not block. */
  public interface Sink {
    void claimed(IpAddress address, MacAddress mac);

    /** The socket broke; nothing more will be heard by this receiver. */
    void failed(SyscallException why);
  }

  private AddressClaimReceiver(
      PacketSocket socket, Family family, String interfaceName, Sink sink) {
    this.socket = socket;
    this.family = family;
    this.sink = sink;
    String suffix = family == Family.IPV4 ? "-4" : "-6";
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("claim-rx-" + interfaceName + suffix)
            .unstarted(this::run);
  }

  /** Starts to listen; hears nothing until it is told what to {@link #watch}. */
  public static AddressClaimReceiver start(
      Family family, String interfaceName, int interfaceIndex, Sink sink) {
    PacketSocket socket =
        switch (family) {
          case IPV4 ->
              PacketSocket.receiver(
                  interfaceIndex, PacketSocket.ETHERTYPE_ARP, PacketSocket.Options.PLAIN);
          case IPV6 ->
              PacketSocket.receiver(
                  interfaceIndex,
                  PacketSocket.ETHERTYPE_IPV6,
                  PacketSocket.Options.PLAIN.withFilter(
                      SocketFilter.icmpv6(NEIGHBOR_ADVERTISEMENT)));
        };
    var receiver = new AddressClaimReceiver(socket, family, interfaceName, sink);
    receiver.thread.start();
    return receiver;
  }

  /**
   * From now on tell claims of these addresses.
   *
   * @param ourMacs whose claims are our own: the interface's and the virtual routers'
   */
  public void watch(Set<IpAddress> addresses, Set<MacAddress> ourMacs) {
    watched = new Watched(Set.copyOf(addresses), Set.copyOf(ourMacs));
  }

  private void run() {
    try {
      while (socket.receive(Receive.FOREVER) != Receive.WOKEN) {
        judge(socket.frame());
      }
    } catch (SyscallException e) {
      sink.failed(e);
    }
  }

  private void judge(ByteBuffer frame) {
    switch (family) {
      case IPV4 -> ArpFrame.decode(frame).ifPresent(arp -> tell(arp.senderIp(), arp.senderMac()));
      case IPV6 ->
          NeighborAdvertFrame.decode(frame).ifPresent(na -> tell(na.target(), na.targetMac()));
    }
  }

  private void tell(IpAddress address, MacAddress mac) {
    Watched now = watched;
    if (!now.addresses().contains(address) || now.ourMacs().contains(mac)) {
      return;
    }
    long nowNanos = System.nanoTime();
    @Nullable Long told = toldAtNanos.get(address);
    if (told == null || nowNanos - told >= TELL_AGAIN_NANOS) {
      toldAtNanos.put(address, nowNanos);
      sink.claimed(address, mac);
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
