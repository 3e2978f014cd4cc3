package dev.holdfast.agent.rtnetlink;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads the kernel's rtnetlink messages. */
public final class RtCodec {
  private static final RtMessage OTHER = new RtMessage.Other();
  private static final int AF_BRIDGE = 7;

  private RtCodec() {}

  /**
   * Reads one message.
   *
   * @param buffer native order
   * @param offset of the message's header
   * @param length of the message, header included
   */
  public static RtMessage decode(ByteBuffer buffer, int offset, int length) {
    int type = Short.toUnsignedInt(buffer.getShort(offset + 4));
    return switch (type) {
      case Rt.RTM_NEWLINK, Rt.RTM_DELLINK -> {
        Link link = link(buffer, offset, length);
        if (link == null) {
          yield OTHER;
        }
        yield type == Rt.RTM_NEWLINK ? new RtMessage.LinkIs(link) : new RtMessage.LinkGone(link);
      }
      case Rt.RTM_NEWADDR, Rt.RTM_DELADDR -> {
        InterfaceAddress address = address(buffer, offset, length);
        if (address == null) {
          yield OTHER;
        }
        yield type == Rt.RTM_NEWADDR
            ? new RtMessage.AddressIs(address)
            : new RtMessage.AddressGone(address);
      }
      case Rt.RTM_NEWROUTE, Rt.RTM_DELROUTE -> {
        Route route = route(buffer, offset, length);
        if (route == null) {
          yield OTHER;
        }
        yield type == Rt.RTM_NEWROUTE
            ? new RtMessage.RouteIs(route)
            : new RtMessage.RouteGone(route);
      }
      default -> OTHER;
    };
  }

  /** The index in a link message; quicker than to decode it. */
  public static int linkIndex(ByteBuffer buffer, int offset, int length) {
    return length < Rt.NLMSG_HEADER + Rt.IFINFOMSG ? 0 : buffer.getInt(offset + 20);
  }

  /** The IFF_* flags of a link message; quicker than to decode it. */
  public static int linkFlags(ByteBuffer buffer, int offset, int length) {
    return length < Rt.NLMSG_HEADER + Rt.IFINFOMSG ? 0 : buffer.getInt(offset + 24);
  }

  private static @Nullable Link link(ByteBuffer buffer, int offset, int length) {
    int body = offset + Rt.NLMSG_HEADER;
    // A bridge tells of its ports in messages of its own family: no interface comes or goes there.
    if (length < Rt.NLMSG_HEADER + Rt.IFINFOMSG || buffer.get(body) == AF_BRIDGE) {
      return null;
    }
    String name = "";
    int mtu = 0;
    int parent = 0;
    String kind = "";
    MacAddress mac = null;
    var at = new Attributes(buffer, body + Rt.IFINFOMSG, offset + length);
    while (at.next()) {
      switch (at.type()) {
        case Rt.IFLA_IFNAME -> name = text(buffer, at);
        case Rt.IFLA_MTU -> mtu = at.size() == 4 ? buffer.getInt(at.start()) : 0;
        case Rt.IFLA_LINK -> parent = at.size() == 4 ? buffer.getInt(at.start()) : 0;
        case Rt.IFLA_ADDRESS -> mac = mac(buffer, at);
        case Rt.IFLA_LINKINFO -> kind = kind(buffer, at);
        default -> {}
      }
    }
    int index = buffer.getInt(body + 4);
    int flags = buffer.getInt(body + 8);
    return name.isEmpty() ? null : new Link(index, name, flags, mtu, mac, kind, parent);
  }

  private static String kind(ByteBuffer buffer, Attributes info) {
    var at = new Attributes(buffer, info.start(), info.end());
    while (at.next()) {
      if (at.type() == Rt.IFLA_INFO_KIND) {
        return text(buffer, at);
      }
    }
    return "";
  }

  private static @Nullable MacAddress mac(ByteBuffer buffer, Attributes at) {
    if (at.size() != 6) {
      return null;
    }
    byte[] bytes = new byte[6];
    buffer.get(at.start(), bytes);
    return MacAddress.ofBytes(bytes, 0);
  }

  private static @Nullable InterfaceAddress address(ByteBuffer buffer, int offset, int length) {
    if (length < Rt.NLMSG_HEADER + Rt.IFADDRMSG) {
      return null;
    }
    int body = offset + Rt.NLMSG_HEADER;
    int family = buffer.get(body);
    int prefixLength = Byte.toUnsignedInt(buffer.get(body + 1));
    int flags = Byte.toUnsignedInt(buffer.get(body + 2));
    IpAddress local = null;
    IpAddress address = null;
    long preferred = InterfaceAddress.FOREVER;
    long valid = InterfaceAddress.FOREVER;
    int protocol = 0;
    var at = new Attributes(buffer, body + Rt.IFADDRMSG, offset + length);
    while (at.next()) {
      switch (at.type()) {
        case Rt.IFA_LOCAL -> local = ip(buffer, at, family);
        case Rt.IFA_ADDRESS -> address = ip(buffer, at, family);
        case Rt.IFA_FLAGS -> flags = at.size() == 4 ? buffer.getInt(at.start()) : flags;
        case Rt.IFA_PROTO ->
            protocol = at.size() == 1 ? Byte.toUnsignedInt(buffer.get(at.start())) : 0;
        case Rt.IFA_CACHEINFO -> {
          if (at.size() >= 8) {
            preferred = Integer.toUnsignedLong(buffer.getInt(at.start()));
            valid = Integer.toUnsignedLong(buffer.getInt(at.start() + 4));
          }
        }
        default -> {}
      }
    }
    // On a point-to-point interface IFA_ADDRESS is the other end's.
    IpAddress own = local != null ? local : address;
    if (own == null || prefixLength > own.family().bits()) {
      return null;
    }
    int index = buffer.getInt(body + 4);
    var prefix = new Prefix(own, prefixLength);
    return new InterfaceAddress(index, prefix, flags, preferred, valid, protocol);
  }

  private static @Nullable Route route(ByteBuffer buffer, int offset, int length) {
    if (length < Rt.NLMSG_HEADER + Rt.RTMSG) {
      return null;
    }
    int body = offset + Rt.NLMSG_HEADER;
    int family = buffer.get(body);
    int destinationLength = Byte.toUnsignedInt(buffer.get(body + 1));
    int table = Byte.toUnsignedInt(buffer.get(body + 4));
    int protocol = Byte.toUnsignedInt(buffer.get(body + 5));
    IpAddress destination =
        switch (family) {
          case Rt.AF_INET -> new Ipv4Address(0);
          case Rt.AF_INET6 -> new Ipv6Address(0, 0);
          default -> null;
        };
    IpAddress gateway = null;
    IpAddress source = null;
    int index = 0;
    long metric = 0;
    var at = new Attributes(buffer, body + Rt.RTMSG, offset + length);
    while (at.next()) {
      switch (at.type()) {
        case Rt.RTA_DST -> destination = ip(buffer, at, family);
        case Rt.RTA_GATEWAY -> gateway = ip(buffer, at, family);
        case Rt.RTA_PREFSRC -> source = ip(buffer, at, family);
        case Rt.RTA_OIF -> index = at.size() == 4 ? buffer.getInt(at.start()) : 0;
        case Rt.RTA_PRIORITY ->
            metric = at.size() == 4 ? Integer.toUnsignedLong(buffer.getInt(at.start())) : 0;
        case Rt.RTA_TABLE -> table = at.size() == 4 ? buffer.getInt(at.start()) : table;
        default -> {}
      }
    }
    if (destination == null
        || destinationLength > destination.family().bits()
        || table != Rt.RT_TABLE_MAIN
        || buffer.get(body + 7) != Rt.RTN_UNICAST) {
      return null;
    }
    var prefix = new Prefix(destination, destinationLength);
    return new Route(prefix, gateway, index, metric, protocol, source);
  }

  private static @Nullable IpAddress ip(ByteBuffer buffer, Attributes at, int family) {
    int wanted =
        switch (family) {
          case Rt.AF_INET -> 4;
          case Rt.AF_INET6 -> 16;
          default -> -1;
        };
    if (at.size() != wanted) {
      return null;
    }
    byte[] bytes = new byte[wanted];
    buffer.get(at.start(), bytes);
    return IpAddress.ofBytes(bytes);
  }

  /** Text up to its NUL. */
  private static String text(ByteBuffer buffer, Attributes at) {
    byte[] bytes = new byte[at.size()];
    buffer.get(at.start(), bytes);
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  /** Walks over {@code struct rtattr}; ends at the first that does not fit. */
  private static final class Attributes {
    private final ByteBuffer buffer;
    private final int limit;
    private int next;
    private int start;
    private int end;
    private int type;

    Attributes(ByteBuffer buffer, int start, int limit) {
      this.buffer = buffer;
      this.next = start;
      this.limit = limit;
    }

    boolean next() {
      if (limit - next < Rt.ATTRIBUTE_HEADER) {
        return false;
      }
      int length = Short.toUnsignedInt(buffer.getShort(next));
      if (length < Rt.ATTRIBUTE_HEADER || length > limit - next) {
        return false;
      }
      type = Short.toUnsignedInt(buffer.getShort(next + 2)) & Rt.TYPE_MASK;
      start = next + Rt.ATTRIBUTE_HEADER;
      end = next + length;
      next += length + 3 & ~3;
      return true;
    }

    int type() {
      return type;
    }

    int start() {
      return start;
    }

    int end() {
      return end;
    }

    int size() {
      return end - start;
    }
  }
}
