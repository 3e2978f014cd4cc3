package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.rtnetlink.InterfaceAddress;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.agent.rtnetlink.RtCodec;
import dev.holdfast.agent.rtnetlink.RtMessage;
import dev.holdfast.agent.rtnetlink.RtRequest;
import dev.holdfast.api.addr.Prefix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Watches links, carrier and addresses, and tells what changed: once per change, in terms of
 * interface names. Renewed lifetimes are no change. When the kernel lost events it reads everything
 * anew and tells the difference.
 *
 * <p>The kernel tells the loss of a carrier by an event only once a second over all interfaces
 * together, so that a cable pulled just after a container started is told up to a second late. The
 * interfaces that count are therefore asked for, every few milliseconds.
 *
 * <p>Messages that wait together are taken together: what is over before we could look, a carrier
 * that was gone for some microseconds, is not told.
 */
public final class LinkMonitor implements AutoCloseable {
  private static final int GROUP_LINK = 1;
  private static final int GROUP_IPV4_ADDRESS = 5;
  private static final int GROUP_IPV6_ADDRESS = 9;
  private static final int RECEIVE_BUFFER_BYTES = 4 << 20;
  private static final int DATAGRAMS_TOGETHER_MAX = 1000;

  private final NetlinkSocket events;
  private final Rtnetlink reader;
  private final Consumer<NetworkEvent> sink;
  private final Set<Integer> ownPortIds;
  private final long pollNanos;
  private final NetlinkSocket.Messages takeIfFlagsChanged = this::takeIfFlagsChanged;
  private volatile Set<String> watched = Set.of();

  /** One request for each watched link that is there; null when it must be made anew. */
  private volatile @Nullable ByteBuffer requests;

  private final Thread thread;
  private volatile boolean closed;

  private final Map<Integer, Link> links = new TreeMap<>();
  private final Map<Key, InterfaceAddress> addresses = new LinkedHashMap<>();
  private final Map<Integer, Link> toldLinks = new HashMap<>();
  private final Map<Key, InterfaceAddress> toldAddresses = new HashMap<>();
  private final Set<Integer> touchedLinks = new TreeSet<>();

  /** With true when the last that touched it was the agent. */
  private final Map<Key, Boolean> touchedAddresses = new LinkedHashMap<>();

  private record Key(int interfaceIndex, Prefix prefix) {
    static Key of(InterfaceAddress address) {
      return new Key(address.interfaceIndex(), address.prefix());
    }
  }

  private LinkMonitor(Consumer<NetworkEvent> sink, Duration poll, int[] ownPortIds) {
    this.sink = sink;
    this.pollNanos = poll.toNanos();
    this.ownPortIds = IntStream.of(ownPortIds).boxed().collect(Collectors.toSet());
    // Opened before anything is read: nothing that happens in between is missed.
    events =
        NetlinkSocket.open(
            NetlinkSocket.ROUTE,
            RECEIVE_BUFFER_BYTES,
            GROUP_LINK,
            GROUP_IPV4_ADDRESS,
            GROUP_IPV6_ADDRESS);
    reader = Rtnetlink.open();
    thread = Thread.ofPlatform().daemon().name("link-monitor").unstarted(this::run);
  }

  /**
   * Starts to watch the calling thread's network namespace. What is there now is told before this
   * returns, on the calling thread; what changes later, on the monitor's own.
   *
   * @param sink must not block
   * @param poll how often the {@linkplain #watch watched} interfaces are asked for
   * @param ownPortIds of the sockets by which the agent changes addresses
   */
  public static LinkMonitor start(Consumer<NetworkEvent> sink, Duration poll, int... ownPortIds) {
    var monitor = new LinkMonitor(sink, poll, ownPortIds);
    try {
      monitor.readAll();
      monitor.takeWaiting(0);
      monitor.tell();
    } catch (RuntimeException e) {
      monitor.events.close();
      monitor.reader.close();
      throw e;
    }
    monitor.thread.start();
    return monitor;
  }

  /** Names the interfaces whose carrier decides about a role: real ones, not those above them. */
  public void watch(Set<String> interfaceNames) {
    watched = Set.copyOf(interfaceNames);
    requests = null;
    events.wake();
  }

  private void run() {
    while (!closed) {
      try {
        takeWaiting(watched.isEmpty() ? Receive.FOREVER : pollNanos);
        askForWatched();
        tell();
      } catch (SyscallException e) {
        if (!closed) { // Otherwise the reader was closed under us.
          throw e;
        }
      }
    }
  }

  private void askForWatched() {
    if (watched.isEmpty()) {
      return;
    }
    if (requests == null) {
      List<ByteBuffer> each =
          toldLinks.values().stream()
              .filter(link -> watched.contains(link.name()))
              .map(link -> RtRequest.getLink(link.index()))
              .toList();
      int size = each.stream().mapToInt(ByteBuffer::remaining).sum();
      requests = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
      each.forEach(requests::put);
      requests.flip();
    }
    reader.links(requests, takeIfFlagsChanged);
  }

  private void takeIfFlagsChanged(ByteBuffer buffer, int offset, int length) {
    Link told = toldLinks.get(RtCodec.linkIndex(buffer, offset, length));
    if (told == null || told.flags() != RtCodec.linkFlags(buffer, offset, length)) {
      take(buffer, offset, length);
    }
  }

  /** Takes what is waiting, or waits for something. */
  private void takeWaiting(long timeoutNanos) {
    boolean lost = false;
    int received = events.receive(timeoutNanos);
    int count = 0;
    while (received >= 0 || received == Receive.LOST) {
      if (received == Receive.LOST) {
        lost = true;
      } else {
        NetlinkSocket.forEach(events.buffer(), this::take);
      }
      count++;
      received = count < DATAGRAMS_TOGETHER_MAX ? events.receive(0) : Receive.TIMEOUT;
    }
    if (lost) {
      readAll();
    }
  }

  private void take(ByteBuffer buffer, int offset, int length) {
    boolean byUs = ownPortIds.contains(buffer.getInt(offset + NetlinkSocket.PORT_ID));
    switch (RtCodec.decode(buffer, offset, length)) {
      case RtMessage.LinkIs(Link link) -> {
        links.put(link.index(), link);
        touchedLinks.add(link.index());
      }
      case RtMessage.LinkGone(Link link) -> {
        links.remove(link.index());
        touchedLinks.add(link.index());
      }
      case RtMessage.AddressIs(InterfaceAddress address) -> {
        addresses.put(Key.of(address), address);
        touchedAddresses.put(Key.of(address), byUs);
      }
      case RtMessage.AddressGone(InterfaceAddress address) -> {
        addresses.remove(Key.of(address));
        touchedAddresses.put(Key.of(address), byUs);
      }
      case RtMessage.RouteIs _, RtMessage.RouteGone _, RtMessage.Other _ -> {}
    }
  }

  private void readAll() {
    links.clear();
    addresses.clear();
    for (Link link : reader.links()) {
      links.put(link.index(), link);
    }
    for (InterfaceAddress address : reader.addresses()) {
      addresses.put(Key.of(address), address);
    }
    touchedLinks.addAll(links.keySet());
    touchedLinks.addAll(toldLinks.keySet());
    addresses.keySet().forEach(key -> touchedAddresses.put(key, false));
    toldAddresses.keySet().forEach(key -> touchedAddresses.put(key, false));
  }

  /** Links that are there, then addresses, then links that are gone. */
  private void tell() {
    if (touchedLinks.isEmpty() && touchedAddresses.isEmpty()) {
      return;
    }
    requests = null;
    for (int index : touchedLinks) {
      Link now = links.get(index);
      Link told = toldLinks.get(index);
      if (now != null && !now.equals(told)) {
        if (told != null && !told.name().equals(now.name())) {
          sink.accept(new NetworkEvent.LinkRemoved(told.name(), index));
        }
        toldLinks.put(index, now);
        sink.accept(new NetworkEvent.LinkChanged(now));
      }
    }
    touchedAddresses.forEach(this::tellAddress);
    for (int index : touchedLinks) {
      Link told = toldLinks.get(index);
      if (told != null && !links.containsKey(index)) {
        toldLinks.remove(index);
        sink.accept(new NetworkEvent.LinkRemoved(told.name(), index));
      }
    }
    touchedLinks.clear();
    touchedAddresses.clear();
  }

  private void tellAddress(Key key, boolean byUs) {
    InterfaceAddress now = addresses.get(key);
    InterfaceAddress told = toldAddresses.get(key);
    String name = nameOf(key.interfaceIndex());
    if (name == null) {
      addresses.remove(key); // Its interface is gone, and was never told of.
      toldAddresses.remove(key);
    } else if (now == null && told != null) {
      toldAddresses.remove(key);
      sink.accept(new NetworkEvent.AddressRemoved(name, told, byUs));
    } else if (now != null && (told == null || !now.isSameBut(told))) {
      toldAddresses.put(key, now);
      sink.accept(new NetworkEvent.AddressAdded(name, now, byUs));
    }
  }

  private @Nullable String nameOf(int index) {
    Link link = toldLinks.get(index);
    return link == null ? null : link.name();
  }

  @Override
  public void close() {
    closed = true;
    events.close();
    reader.close();
  }
}
