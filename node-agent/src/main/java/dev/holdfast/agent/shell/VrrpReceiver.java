package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Clocks;
import dev.holdfast.agent.linux.RawSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;

/**
 * Hears adverts on one interface, in one family, and hands their bytes over; owns the thread {@code
 * vrrp-rx-INTERFACE-4} or {@code -6}. It judges nothing.
 *
 * <p>It stays with one index of the interface: when the interface is made anew, open another.
 */
public final class VrrpReceiver implements AutoCloseable {
  private final RawSocket socket;
  private final Sink sink;
  private final Runnable atStart;
  private final Thread thread;

  /** Takes what was heard, on the receiver's thread; must not block. */
  public interface Sink {
    /**
     * One packet.
     *
     * @param packet IPv4: from the IP header; IPv6: the payload; big-endian; valid during the call
     * @param hopLimit TTL or hop limit
     * @param arrivedNanos when the kernel took it, on the clock of {@link System#nanoTime()}: a
     *     packet that waited for a paused process is as old as it is
     */
    void received(
        ByteBuffer packet,
        IpAddress source,
        IpAddress destination,
        int hopLimit,
        long arrivedNanos);

    /** The socket broke; nothing more will be heard by this receiver. */
    void failed(SyscallException why);
  }

  private VrrpReceiver(RawSocket socket, String threadName, Runnable atStart, Sink sink) {
    this.socket = socket;
    this.sink = sink;
    this.atStart = atStart;
    thread = Thread.ofPlatform().daemon().name(threadName).unstarted(this::run);
  }

  /**
   * @param local the group, or for unicast adverts the router's own address; it gives the family
   * @param atStart runs first on the receiver's thread: to raise its priority
   */
  public static VrrpReceiver start(
      String interfaceName, int interfaceIndex, IpAddress local, Runnable atStart, Sink sink) {
    RawSocket socket =
        RawSocket.receiver(AdvertCodec.PROTOCOL, interfaceName, interfaceIndex, local);
    String family = local.family() == Family.IPV4 ? "-4" : "-6";
    var receiver = new VrrpReceiver(socket, "vrrp-rx-" + interfaceName + family, atStart, sink);
    receiver.thread.start();
    return receiver;
  }

  private void run() {
    atStart.run();
    try {
      while (socket.receive(Receive.FOREVER) != Receive.WOKEN) {
        sink.received(
            socket.packet(),
            socket.source(),
            socket.destination(),
            socket.hopLimit(),
            Clocks.arrivalNanos(socket.stampNanos()));
      }
    } catch (SyscallException e) {
      sink.failed(e);
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
