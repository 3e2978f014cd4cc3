package dev.holdfast.agent.rtnetlink;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes requests to the kernel. Each method returns one whole message, ready between position and
 * limit, in native order, with sequence 0.
 */
public final class RtRequest {
  private static final int CAPACITY = 512;

  private final ByteBuffer out = ByteBuffer.allocate(CAPACITY).order(ByteOrder.nativeOrder());

  private RtRequest(int type, int flags) {
    out.putInt(0).putShort((short) type).putShort((short) (Rt.NLM_F_REQUEST | flags));
    out.putInt(0).putInt(0);
  }

  // Dumps.

  /** All links, without their counters. */
  public static ByteBuffer dumpLinks() {
    return new RtRequest(Rt.RTM_GETLINK, 0)
        .link(0, 0, 0)
        .number(Rt.IFLA_EXT_MASK, Rt.RTEXT_FILTER_SKIP_STATS)
        .done();
  }

  /** One link, without its counters; answered by one message. */
  public static ByteBuffer getLink(int index) {
    return new RtRequest(Rt.RTM_GETLINK, 0)
        .link(index, 0, 0)
        .number(Rt.IFLA_EXT_MASK, Rt.RTEXT_FILTER_SKIP_STATS)
        .done();
  }

  /** All addresses of both families. */
  public static ByteBuffer dumpAddresses() {
    var request = new RtRequest(Rt.RTM_GETADDR, 0);
    request.out.putLong(0);
    return request.done();
  }

  /**
   * The routes of a family in the main table that are marked as ours. Kernels before 4.20 do not
   * look at the wish and send all routes.
   */
  public static ByteBuffer dumpOurRoutes(Family family) {
    var request = new RtRequest(Rt.RTM_GETROUTE, 0);
    request.out.put((byte) number(family)).put(new byte[3]);
    request.out.put((byte) Rt.RT_TABLE_MAIN).put((byte) InterfaceAddress.OURS).put(new byte[6]);
    return request.done();
  }

  // Addresses.

  /**
   * How an address is added.
   *
   * @param prefix the address and the length of its prefix
   * @param connectedRoute whether the kernel adds the route to the prefix too
   * @param preferredSeconds how long it may be chosen as a source address; 0 never; {@link
   *     InterfaceAddress#FOREVER}
   * @param validSeconds how long it lives unless renewed; {@link InterfaceAddress#FOREVER}
   */
  public record NewAddress(
      int interfaceIndex,
      Prefix prefix,
      boolean connectedRoute,
      long preferredSeconds,
      long validSeconds) {}

  /**
   * Adds an address, or renews its lifetime when it is there: never EEXIST. Without duplicate
   * address detection, and marked as ours where the kernel keeps marks (since 5.18; older ones skip
   * the attribute).
   */
  public static ByteBuffer putAddress(NewAddress a) {
    int flags =
        (a.prefix().family() == Family.IPV6 ? Rt.IFA_F_NODAD : 0)
            | (a.connectedRoute() ? 0 : Rt.IFA_F_NOPREFIXROUTE);
    return new RtRequest(Rt.RTM_NEWADDR, Rt.NLM_F_CREATE | Rt.NLM_F_REPLACE)
        .address(a.interfaceIndex(), a.prefix())
        .number(Rt.IFA_FLAGS, flags)
        .lifetimes(a.preferredSeconds(), a.validSeconds())
        .octet(Rt.IFA_PROTO, InterfaceAddress.OURS)
        .done();
  }

  /** Removes an address; the prefix length must be the one it was added with. */
  public static ByteBuffer removeAddress(int interfaceIndex, Prefix prefix) {
    return new RtRequest(Rt.RTM_DELADDR, 0).address(interfaceIndex, prefix).done();
  }

  // Routes.

  /**
   * Adds a route marked as ours. An IPv4 route of the same destination and metric that somebody
   * else added stays behind ours and counts again when ours is gone. EEXIST when exactly this route
   * is there.
   */
  public static ByteBuffer addRoute(Route route) {
    return routeRequest(Rt.RTM_NEWROUTE, Rt.NLM_F_CREATE, route, Rt.RTN_UNICAST);
  }

  /** Removes a route of ours; somebody else's like it stays. */
  public static ByteBuffer removeRoute(Route route) {
    return routeRequest(Rt.RTM_DELROUTE, 0, route, 0);
  }

  private static ByteBuffer routeRequest(int type, int flags, Route route, int routeType) {
    var request = new RtRequest(type, flags);
    int scope = route.gateway() == null ? Rt.RT_SCOPE_LINK : Rt.RT_SCOPE_UNIVERSE;
    if (type == Rt.RTM_DELROUTE) {
      scope = Rt.RT_SCOPE_NOWHERE; // Any scope matches.
    }
    request
        .out
        .put((byte) number(route.destination().family()))
        .put((byte) route.destination().length())
        .put((byte) 0)
        .put((byte) 0)
        .put((byte) Rt.RT_TABLE_MAIN)
        .put((byte) route.protocol())
        .put((byte) scope)
        .put((byte) routeType)
        .putInt(0);
    if (route.destination().length() > 0) {
      request.bytes(Rt.RTA_DST, route.destination().network().address().toBytes());
    }
    IpAddress gateway = route.gateway();
    if (gateway != null) {
      request.bytes(Rt.RTA_GATEWAY, gateway.toBytes());
    }
    request.number(Rt.RTA_OIF, route.interfaceIndex());
    if (route.metric() != 0) {
      request.number(Rt.RTA_PRIORITY, (int) route.metric());
    }
    IpAddress source = route.source();
    if (source != null) {
      request.bytes(Rt.RTA_PREFSRC, source.toBytes());
    }
    return request.done();
  }

  // Links.

  /** Creates a macvlan that hears no other macvlan on the same interface; down. */
  public static ByteBuffer addPrivateMacvlan(String name, int baseIndex, MacAddress mac) {
    var request = new RtRequest(Rt.RTM_NEWLINK, Rt.NLM_F_CREATE | Rt.NLM_F_EXCL).link(0, 0, 0);
    int info = request.open(Rt.IFLA_LINKINFO);
    // The kernel takes a kind without its NUL; iproute2 and we send it so.
    request.bytes(Rt.IFLA_INFO_KIND, "macvlan".getBytes(StandardCharsets.UTF_8));
    int data = request.open(Rt.IFLA_INFO_DATA);
    request.number(Rt.IFLA_MACVLAN_MODE, Rt.MACVLAN_MODE_PRIVATE);
    request.close(data);
    request.close(info);
    return request
        .number(Rt.IFLA_LINK, baseIndex)
        .text(Rt.IFLA_IFNAME, name)
        .bytes(Rt.IFLA_ADDRESS, mac.toBytes())
        .done();
  }

  /** Keeps the kernel from making a link-local address of its own on the interface. */
  public static ByteBuffer withoutLinkLocalAddress(int index) {
    var request = new RtRequest(Rt.RTM_NEWLINK, 0).link(index, 0, 0);
    int families = request.open(Rt.IFLA_AF_SPEC);
    int ipv6 = request.open(Rt.AF_INET6);
    request.octet(Rt.IFLA_INET6_ADDR_GEN_MODE, Rt.IN6_ADDR_GEN_MODE_NONE);
    request.close(ipv6);
    request.close(families);
    return request.done();
  }

  /** Switches an interface on or off. */
  public static ByteBuffer setUp(int index, boolean up) {
    return new RtRequest(Rt.RTM_NEWLINK, 0).link(index, up ? Rt.IFF_UP : 0, Rt.IFF_UP).done();
  }

  public static ByteBuffer removeLink(int index) {
    return new RtRequest(Rt.RTM_DELLINK, 0).link(index, 0, 0).done();
  }

  // How messages are built.

  private static int number(Family family) {
    return switch (family) {
      case IPV4 -> Rt.AF_INET;
      case IPV6 -> Rt.AF_INET6;
    };
  }

  /** {@code struct ifinfomsg}. */
  private RtRequest link(int index, int flags, int change) {
    out.putInt(0).putInt(index).putInt(flags).putInt(change);
    return this;
  }

  /** {@code struct ifaddrmsg} with the address itself. */
  private RtRequest address(int index, Prefix prefix) {
    IpAddress address = prefix.address();
    // IPv4 scope belongs to the request; IPv6's is derived by the kernel.
    int scope =
        address instanceof Ipv4Address && address.isLinkLocal()
            ? Rt.RT_SCOPE_LINK
            : Rt.RT_SCOPE_UNIVERSE;
    out.put((byte) number(address.family())).put((byte) prefix.length());
    out.put((byte) 0).put((byte) scope).putInt(index);
    return bytes(Rt.IFA_LOCAL, address.toBytes()).bytes(Rt.IFA_ADDRESS, address.toBytes());
  }

  /** {@code struct ifa_cacheinfo}; its two stamps are the kernel's. */
  private RtRequest lifetimes(long preferredSeconds, long validSeconds) {
    int start = open(Rt.IFA_CACHEINFO);
    out.putInt((int) preferredSeconds).putInt((int) validSeconds).putLong(0);
    close(start);
    return this;
  }

  private RtRequest number(int type, int value) {
    int start = open(type);
    out.putInt(value);
    close(start);
    return this;
  }

  private RtRequest octet(int type, int value) {
    int start = open(type);
    out.put((byte) value);
    close(start);
    return this;
  }

  private RtRequest bytes(int type, byte[] value) {
    int start = open(type);
    out.put(value);
    close(start);
    return this;
  }

  /** NUL-terminated. */
  private RtRequest text(int type, String value) {
    int start = open(type);
    out.put(value.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
    close(start);
    return this;
  }

  private int open(int type) {
    int start = out.position();
    out.putShort((short) 0).putShort((short) type);
    return start;
  }

  /** Writes the length of the attribute that began at {@code start}, and pads. */
  private void close(int start) {
    out.putShort(start, (short) (out.position() - start));
    while (out.position() % 4 != 0) {
      out.put((byte) 0);
    }
  }

  private ByteBuffer done() {
    out.putInt(0, out.position());
    return out.flip();
  }
}
