package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.linux.UdpSocket;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The UDP sockets of a wire: one per network and family, bound to the network's interface, for
 * unicast and groups alike. Each has a thread {@code link-rx-…} that copies what arrives into one
 * of {@value #RING} buffers, made when first needed; when none is free the kernel's own buffer
 * fills, and what does not fit there is lost and told again.
 *
 * <p>Opened, closed, sent through and read from by one thread, the loop's.
 */
final class LinkPorts implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LinkPorts.class);

  private static final int DATAGRAM_BYTES_MAX = 9216;
  private static final int RING = 128;
  private static final int KERNEL_BUFFER_BYTES = 4 << 20;

  /** Network control (RFC 2474 section 4.2.2.2), as adverts have it. */
  private static final int TRAFFIC_CLASS = 0xc0;

  /** One datagram on its way to the loop; to be released when read. */
  static final class Arrived {
    private final Port port;
    private final ByteBuffer datagram = ByteBuffer.allocate(DATAGRAM_BYTES_MAX);
    private @Nullable IpAddress source;

    private Arrived(Port port) {
      this.port = port;
    }

    String network() {
      return port.network;
    }

    @Nullable IpAddress source() {
      return source;
    }

    ByteBuffer datagram() {
      return datagram;
    }

    void release() {
      datagram.clear();
      port.free.add(this);
    }
  }

  /** A network's interface as it should be listened to. */
  record Place(String network, String interfaceName, int interfaceIndex) {}

  private final class Port {
    final String network;
    final UdpSocket socket;
    final BlockingQueue<Arrived> free = new ArrayBlockingQueue<>(RING);
    final Thread thread;

    /** Buffers that there are; of the thread. */
    private int made;

    Port(Place place, Family family, UdpSocket socket) {
      this.network = place.network();
      this.socket = socket;
      String name = "link-rx-" + place.interfaceName() + (family == Family.IPV6 ? "-6" : "");
      thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    private void run() {
      atStart.run();
      try {
        while (socket.receive(dev.holdfast.agent.linux.Receive.FOREVER) >= 0) {
          Arrived next = nextFree();
          ByteBuffer datagram = socket.datagram();
          if (datagram.remaining() <= DATAGRAM_BYTES_MAX) {
            next.datagram.clear().put(datagram).flip();
            next.source = socket.source();
            arrived.add(next);
            wake.run();
          } else {
            free.add(next);
          }
        }
      } catch (SyscallException e) {
        LOG.warn("link socket broke network={} why=\"{}\"", network, e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Waits only when all that may be are in use. */
    private Arrived nextFree() throws InterruptedException {
      Arrived next = free.poll();
      if (next != null) {
        return next;
      }
      if (made < RING) {
        made++;
        return new Arrived(this);
      }
      return free.take();
    }

    void close() {
      socket.wake();
      thread.interrupt();
      socket.close();
    }
  }

  private record Key(Place place, Family family) {}

  /**
   * What the sockets have in common.
   *
   * @param number the UDP port, also of those that are sent to
   * @param families of the sockets
   * @param groups that they join, at most one of each family
   */
  record Options(int number, Set<Family> families, List<IpAddress> groups) {}

  private final Options options;
  private final Runnable atStart;
  private final Runnable wake;
  private final Queue<Arrived> arrived = new ConcurrentLinkedQueue<>();
  private final Map<Key, Port> open = new HashMap<>();
  private List<Place> places = List.of();
  private long refused;
  private long oversizedBefore;

  /**
   * @param atStart runs first on each receiving thread
   * @param wake runs on a receiving thread when something is there to {@link #poll}
   */
  LinkPorts(Options options, Runnable atStart, Runnable wake) {
    this.options = options;
    this.atStart = atStart;
    this.wake = wake;
  }

  /** What arrived next; to be released. Null when there is nothing. */
  @Nullable Arrived poll() {
    return arrived.poll();
  }

  boolean anyArrived() {
    return !arrived.isEmpty();
  }

  /** Listens at these places from now on, numbered as they stand; opens what is not open yet. */
  void listen(List<Place> wanted) {
    places = List.copyOf(wanted);
    for (Key key : List.copyOf(open.keySet())) {
      if (!wanted.contains(key.place())) {
        Port port = open.remove(key);
        if (port != null) {
          oversizedBefore += port.socket.oversized();
          port.close();
        }
      }
    }
    for (Place place : wanted) {
      if (place.interfaceIndex() > 0) {
        options.families().forEach(family -> open(new Key(place, family)));
      }
    }
  }

  private void open(Key key) {
    if (open.containsKey(key)) {
      return;
    }
    Place place = key.place();
    IpAddress any =
        switch (key.family()) {
          case IPV4 -> new Ipv4Address(0);
          case IPV6 -> new Ipv6Address(0, 0);
        };
    try {
      UdpSocket socket =
          UdpSocket.open(
              new UdpSocket.Options(
                  place.interfaceName(),
                  place.interfaceIndex(),
                  any,
                  options.number(),
                  true,
                  1,
                  TRAFFIC_CLASS,
                  DATAGRAM_BYTES_MAX,
                  KERNEL_BUFFER_BYTES));
      try {
        options.groups().stream().filter(g -> g.family() == key.family()).forEach(socket::join);
      } catch (SyscallException e) {
        socket.close();
        throw e;
      }
      Port port = new Port(place, key.family(), socket);
      open.put(key, port);
      port.thread.start();
    } catch (SyscallException e) {
      // A family that the interface does not speak; tried again when the interface changes.
      LOG.debug("no link socket on {} {}: {}", place.interfaceName(), key.family(), e.getMessage());
    }
  }

  /** The path's number of a network; negative when it is none. */
  int path(String network) {
    for (int i = 0; i < places.size(); i++) {
      if (places.get(i).network().equals(network)) {
        return i;
      }
    }
    return -1;
  }

  /** Datagrams that the kernel would not send. */
  long refused() {
    return refused;
  }

  /** Datagrams longer than {@value #DATAGRAM_BYTES_MAX} bytes, which were not taken. */
  long oversized() {
    long all = oversizedBefore;
    for (Port port : open.values()) {
      all += port.socket.oversized();
    }
    return all;
  }

  /** A datagram to an address or a group. */
  void send(int path, IpAddress target, ByteBuffer datagram) {
    Port port = open.get(new Key(places.get(path), target.family()));
    if (port == null) {
      return;
    }
    try {
      port.socket.send(datagram, target, options.number());
    } catch (SyscallException e) {
      // A dead path or a peer that does not listen yet: the link notices by silence.
      refused++;
      if (e.errno() != Errno.ECONNREFUSED) {
        LOG.trace("not sent on {}: {}", port.network, e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    List<Port> ports = new ArrayList<>(open.values());
    open.clear();
    ports.forEach(Port::close);
  }
}
