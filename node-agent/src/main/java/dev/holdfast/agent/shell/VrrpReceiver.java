package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Clocks;
import dev.holdfast.agent.linux.RawSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.Set;

/**
 * Hears adverts on one interface, in one family, and hands their bytes over; owns the thread {@code
 * vrrp-rx-INTERFACE-4} or {@code -6}. It judges nothing, but keeps a flood of strangers out.
 *
 * <p>It stays with one index of the interface: when the interface is made anew, open another.
 */
public final class VrrpReceiver implements AutoCloseable {
  private final RawSocket socket;
  private final Sink sink;
  private final Runnable atStart;
  private final Thread thread;

  /** More than any group of routers sends: eight of them, every ten milliseconds. */
  private static final int FLOOD_PACKETS = 200;

  private static final long FLOOD_WINDOW_NANOS = 100_000_000L;

  /** So long a flood is kept out, before it is looked whether it goes on. */
  private static final long SHUT_NANOS = 1_000_000_000L;

  private long windowEndsAtNanos;
  private int packetsInWindow;
  private boolean shut;

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

    /**
     * Whom to hear while more comes in than a thread should read: a flood costs the kernel little
     * and us everything. Empty for everybody.
     */
    default Set<IpAddress> whomToHearInAFlood() {
      return Set.of();
    }

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
      long timeout = Receive.FOREVER;
      for (int length = socket.receive(timeout);
          length != Receive.WOKEN;
          length = socket.receive(timeout)) {
        if (length >= 0) {
          sink.received(
              socket.packet(),
              socket.source(),
              socket.destination(),
              socket.hopLimit(),
              Clocks.arrivalNanos(socket.stampNanos()));
        }
        timeout = keepFloodOut(System.nanoTime());
      }
    } catch (SyscallException e) {
      sink.failed(e);
    }
  }

  /** Returns how long to wait for the next packet. */
  private long keepFloodOut(long now) {
    if (shut) {
      if (now - windowEndsAtNanos < 0) {
        return windowEndsAtNanos - now;
      }
      socket.hearAll();
      shut = false;
    }
    if (now - windowEndsAtNanos >= 0) {
      windowEndsAtNanos = now + FLOOD_WINDOW_NANOS;
      packetsInWindow = 0;
    }
    if (++packetsInWindow < FLOOD_PACKETS) {
      return Receive.FOREVER;
    }
    Set<IpAddress> listed = sink.whomToHearInAFlood();
    packetsInWindow = 0;
    if (listed.isEmpty()) {
      return Receive.FOREVER;
    }
    socket.hearOnly(listed);
    shut = true;
    windowEndsAtNanos = now + SHUT_NANOS;
    return SHUT_NANOS;
  }

  @Override
  public void close() {
    socket.close();
  }
}
