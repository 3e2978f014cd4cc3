package dev.holdfast.lab.measure.capture;

import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.lab.measure.judge.HoldChange;
import dev.holdfast.lab.measure.traffic.LabThread;
import dev.holdfast.lab.measure.traffic.Origin;
import dev.holdfast.lab.net.Router;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows the links and addresses of one router's kernel by netlink: when did it begin and when did
 * it cease to hold a virtual address on an interface with a carrier. A router that was cut off from
 * a network can answer nobody there, whatever its table says.
 */
public final class AddressWatcher extends LabThread {

  private static final int GROUP_LINK = 1;
  private static final int GROUP_IPV4_ADDRESS = 5;
  private static final int GROUP_IPV6_ADDRESS = 9;
  private static final int RECEIVE_BUFFER_BYTES = 4 << 20;

  private static final short NEW_LINK = 16;
  private static final short DELETE_LINK = 17;
  private static final short GET_LINK = 18;
  private static final short NEW_ADDRESS = 20;
  private static final short DELETE_ADDRESS = 21;
  private static final short GET_ADDRESS = 22;

  private static final int IFINFOMSG_BYTES = 16;
  private static final int IFADDRMSG_BYTES = 8;
  private static final int ATTRIBUTE_ADDRESS = 1;
  private static final int ATTRIBUTE_LOCAL = 2;

  /** IFF_UP and IFF_LOWER_UP. */
  private static final int LIVE = 0x1 | 0x10000;

  private final Router router;
  private final Map<IpAddress, String> networkByAddress;
  private final Origin origin;
  private final Map<Integer, Link> links = new HashMap<>();
  private final Set<Holding> holdings = new HashSet<>();
  private final Set<IpAddress> held = new HashSet<>();
  private final List<HoldChange> changes = new ArrayList<>();
  private @Nullable NetlinkSocket socket;
  private volatile Set<MacAddress> macs = Set.of();

  /**
   * @param networkByAddress the virtual addresses; others are not looked at
   */
  public AddressWatcher(Router router, Map<IpAddress, String> networkByAddress, Origin origin) {
    super(router.namespace(), "watch-" + router.node());
    this.router = router;
    this.networkByAddress = Map.copyOf(networkByAddress);
    this.origin = origin;
  }

  private record Link(boolean live, @Nullable MacAddress mac) {}

  private record Holding(int link, IpAddress address) {}

  @Override
  protected void open() {
    socket =
        NetlinkSocket.open(
            NetlinkSocket.ROUTE,
            RECEIVE_BUFFER_BYTES,
            GROUP_LINK,
            GROUP_IPV4_ADDRESS,
            GROUP_IPV6_ADDRESS);
    readAll();
  }

  /** What is there now, from a socket of its own: answers do not mix with events that way. */
  private void readAll() {
    links.clear();
    holdings.clear();
    try (NetlinkSocket asking = NetlinkSocket.open(NetlinkSocket.ROUTE, 0)) {
      asking.dump(request(GET_LINK, IFINFOMSG_BYTES), this::message);
      asking.dump(request(GET_ADDRESS, IFADDRMSG_BYTES), this::message);
    }
    compare();
  }

  /** A dump request with an empty body. */
  private static ByteBuffer request(short type, int bodyBytes) {
    int length = NetlinkSocket.HEADER_BYTES + bodyBytes;
    ByteBuffer request = ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
    request.putInt(NetlinkSocket.LENGTH, length).putShort(NetlinkSocket.TYPE, type);
    return request;
  }

  @Override
  protected void work() {
    NetlinkSocket events = socket;
    if (events == null) {
      throw new IllegalStateException("not opened");
    }
    while (!stopping()) {
      int length = events.receive(Receive.FOREVER);
      if (length == Receive.LOST) {
        readAll();
      } else if (length > 0) {
        NetlinkSocket.forEach(events.buffer(), this::message);
        compare();
      }
    }
  }

  private void message(ByteBuffer buffer, int offset, int length) {
    int body = offset + NetlinkSocket.HEADER_BYTES;
    int end = offset + length;
    switch (buffer.getShort(offset + NetlinkSocket.TYPE)) {
      case NEW_LINK -> {
        byte[] mac = attribute(buffer, body + IFINFOMSG_BYTES, end, ATTRIBUTE_ADDRESS);
        boolean live = (buffer.getInt(body + 8) & LIVE) == LIVE;
        links.put(
            buffer.getInt(body + 4),
            new Link(live, mac.length == 6 ? MacAddress.ofBytes(mac, 0) : null));
      }
      case DELETE_LINK -> links.remove(buffer.getInt(body + 4));
      case NEW_ADDRESS -> holding(buffer, body, end, true);
      case DELETE_ADDRESS -> holding(buffer, body, end, false);
      default -> {}
    }
  }

  private void holding(ByteBuffer buffer, int body, int end, boolean added) {
    byte[] local = attribute(buffer, body + IFADDRMSG_BYTES, end, ATTRIBUTE_LOCAL);
    byte[] address =
        local.length > 0
            ? local
            : attribute(buffer, body + IFADDRMSG_BYTES, end, ATTRIBUTE_ADDRESS);
    if (address.length != 4 && address.length != 16) {
      return;
    }
    var holding = new Holding(buffer.getInt(body + 4), IpAddress.ofBytes(address));
    if (networkByAddress.containsKey(holding.address())) {
      if (added) {
        holdings.add(holding);
      } else {
        holdings.remove(holding);
      }
    }
  }

  /** The value of the first such attribute between the offsets; empty when there is none. */
  private static byte[] attribute(ByteBuffer buffer, int from, int end, int wanted) {
    int at = from;
    while (at + 4 <= end) {
      int length = Short.toUnsignedInt(buffer.getShort(at));
      if (length < 4 || at + length > end) {
        break;
      }
      if ((buffer.getShort(at + 2) & 0x3fff) == wanted) {
        byte[] value = new byte[length - 4];
        buffer.get(at + 4, value);
        return value;
      }
      at += length + 3 & ~3;
    }
    return new byte[0];
  }

  private void compare() {
    long now = origin.sinceNanos();
    var heldNow = new HashSet<IpAddress>();
    for (Holding holding : holdings) {
      Link link = links.get(holding.link());
      if (link != null && link.live()) {
        heldNow.add(holding.address());
      }
    }
    networkByAddress.forEach(
        (address, network) -> {
          if (heldNow.contains(address) != held.contains(address)) {
            changes.add(
                new HoldChange(now, router.node(), network, address, heldNow.contains(address)));
          }
        });
    held.clear();
    held.addAll(heldNow);
    var macsNow = new HashSet<MacAddress>();
    for (Link link : links.values()) {
      if (link.live() && link.mac() != null) {
        macsNow.add(link.mac());
      }
    }
    macs = Set.copyOf(macsNow);
  }

  @Override
  protected void wake() {
    NetlinkSocket events = socket;
    if (events != null) {
      events.wake();
    }
  }

  @Override
  protected void release() {
    if (socket != null) {
      socket.close();
    }
    long now = origin.sinceNanos();
    for (IpAddress address : held) {
      String network = networkByAddress.get(address);
      if (network != null) {
        changes.add(new HoldChange(now, router.node(), network, address, false));
      }
    }
  }

  /** The MACs of its live interfaces, as of now. */
  public Set<MacAddress> macs() {
    return macs;
  }

  /** After the end: every change, the last of them the end of the watch itself. */
  public List<HoldChange> changes() {
    return List.copyOf(changes);
  }
}
