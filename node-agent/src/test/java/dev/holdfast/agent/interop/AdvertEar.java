package dev.holdfast.agent.interop;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.SocketFilter;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Hears the IPv4 adverts on a segment, from a host of its own. */
final class AdvertEar implements AutoCloseable {

  private static final int ETHERNET = 14;
  private static final int SOURCE = ETHERNET + 12;
  private static final int BUFFER_BYTES = 1 << 20;

  /**
   * One advert.
   *
   * @param host last byte of its sender's address
   * @param atNanos {@link System#nanoTime}
   */
  record Heard(int host, int priority, long atNanos) {}

  private final PacketSocket socket;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final List<Heard> heard = new ArrayList<>();
  private final Thread thread;

  private AdvertEar(PacketSocket socket) {
    this.socket = socket;
    thread = Thread.ofPlatform().name("advert-ear").start(this::listen);
  }

  /** Listens to what is not sent by that host itself. */
  static AdvertEar on(TestNetwork network, String host) {
    return network.call(
        host,
        () ->
            new AdvertEar(
                PacketSocket.receiver(
                    Names.interfaceIndex("eth0"),
                    PacketSocket.ETHERTYPE_IPV4,
                    new PacketSocket.Options(
                        true, true, BUFFER_BYTES, SocketFilter.ipProtocol(AdvertCodec.PROTOCOL)))));
  }

  private void listen() {
    while (!closed.get()) {
      if (socket.receive(100_000_000) <= 0) {
        continue;
      }
      ByteBuffer frame = socket.frame();
      int payload = ETHERNET + 4 * (frame.get(ETHERNET) & 0x0f);
      if (frame.limit() >= payload + 3) {
        int host = Byte.toUnsignedInt(frame.get(SOURCE + 3));
        int priority = Byte.toUnsignedInt(frame.get(payload + 2));
        synchronized (heard) {
          heard.add(new Heard(host, priority, System.nanoTime()));
        }
      }
    }
  }

  /** What a host sent since that moment, oldest first. */
  List<Heard> from(int host, long sinceNanos) {
    synchronized (heard) {
      return heard.stream()
          .filter(advert -> advert.host() == host && advert.atNanos() - sinceNanos >= 0)
          .toList();
    }
  }

  /** The longest silence of a host from that moment until now, in milliseconds. */
  long longestSilenceMillis(int host, long sinceNanos) {
    long longest = 0;
    long last = sinceNanos;
    for (Heard advert : from(host, sinceNanos)) {
      longest = Math.max(longest, advert.atNanos() - last);
      last = advert.atNanos();
    }
    return Math.max(longest, System.nanoTime() - last) / 1_000_000;
  }

  @Override
  public void close() {
    closed.set(true);
    socket.wake();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    socket.close();
  }
}
