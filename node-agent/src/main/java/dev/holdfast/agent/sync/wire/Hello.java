package dev.holdfast.agent.sync.wire;

import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who a router is and where it can be reached. It goes out sealed by multicast, so that routers
 * find each other, and again inside each session, where it is proof: a hello may be an old one sent
 * again by a stranger, so its addresses are only tried; those from inside a session are believed.
 *
 * @param node the router's name
 * @param version of its Holdfast
 * @param port UDP port of its link
 * @param networks where it is attached, at most {@value #NETWORKS_MAX}
 */
public record Hello(String node, String version, int port, List<Attachment> networks) {
  public static final int NETWORKS_MAX = 16;
  public static final int ADDRESSES_MAX = 8;
  public static final int NAME_BYTES_MAX = 253;
  public static final int VERSION_BYTES_MAX = 64;

  private static final int NODE = 1;
  private static final int VERSION = 2;
  private static final int PORT = 3;
  private static final int NETWORK = 4;

  private static final int NETWORK_NAME = 1;
  private static final int LINK_ADDRESS = 2;
  private static final int ADVERT_ADDRESS = 3;

  /**
   * One network.
   *
   * @param network its name in the GatewayCluster
   * @param linkAddresses where the link's datagrams may be sent to, best first, at most {@value
   *     #ADDRESSES_MAX}
   * @param advertAddresses sources that its VRRP adverts may have, at most {@value #ADDRESSES_MAX}
   */
  public record Attachment(
      String network, List<IpAddress> linkAddresses, List<IpAddress> advertAddresses) {
    public Attachment {
      linkAddresses = List.copyOf(linkAddresses);
      advertAddresses = List.copyOf(advertAddresses);
    }
  }

  public Hello {
    networks = List.copyOf(networks);
  }

  /** A hello, or why there is none. */
  public sealed interface Read {
    record Ok(Hello hello) implements Read {}

    record Dropped(LinkDropReason reason) implements Read {}
  }

  /** Appends the message. What passes a bound of the wire is left out. */
  public void write(ByteBuffer into) {
    int message = LinkFields.open(into, LinkMessageType.IDENTITY);
    LinkFields.putText(into, NODE, Texts.fit(node, NAME_BYTES_MAX));
    LinkFields.putText(into, VERSION, Texts.fit(version, VERSION_BYTES_MAX));
    LinkFields.put32(into, PORT, port);
    for (int i = 0; i < Math.min(NETWORKS_MAX, networks.size()); i++) {
      Attachment attachment = networks.get(i);
      int network = LinkFields.open(into, NETWORK);
      LinkFields.putText(into, NETWORK_NAME, Texts.fit(attachment.network(), NAME_BYTES_MAX));
      writeAddresses(into, LINK_ADDRESS, attachment.linkAddresses());
      writeAddresses(into, ADVERT_ADDRESS, attachment.advertAddresses());
      LinkFields.close(into, network);
    }
    LinkFields.close(into, message);
  }

  private static void writeAddresses(ByteBuffer into, int number, List<IpAddress> addresses) {
    for (int i = 0; i < Math.min(ADDRESSES_MAX, addresses.size()); i++) {
      LinkFields.putBytes(into, number, addresses.get(i).toBytes());
    }
  }

  /** Reads the message that {@code message} stands on. */
  public static Read read(LinkFields message) {
    String node = "";
    String version = "";
    int port = 0;
    List<Attachment> networks = new ArrayList<>();
    LinkFields fields = new LinkFields().inside(message);
    while (fields.next()) {
      switch (fields.number()) {
        case NODE -> node = fields.asText(NAME_BYTES_MAX);
        case VERSION -> version = fields.asText(VERSION_BYTES_MAX);
        case PORT -> port = fields.asInt();
        case NETWORK -> {
          Attachment attachment = readAttachment(new LinkFields().inside(fields));
          if (attachment == null) {
            return new Read.Dropped(LinkDropReason.MALFORMED_FIELD);
          }
          if (networks.size() < NETWORKS_MAX) {
            networks.add(attachment);
          }
        }
        default -> {}
      }
      if (node == null || version == null) {
        return new Read.Dropped(LinkDropReason.MALFORMED_FIELD);
      }
    }
    if (fields.malformed()) {
      return new Read.Dropped(LinkDropReason.MALFORMED_MESSAGE);
    }
    return node.isEmpty() || port < 1 || port > 65535
        ? new Read.Dropped(LinkDropReason.MALFORMED_FIELD)
        : new Read.Ok(new Hello(node, version, port, networks));
  }

  private static @Nullable Attachment readAttachment(LinkFields fields) {
    String network = "";
    List<IpAddress> link = new ArrayList<>();
    List<IpAddress> advert = new ArrayList<>();
    while (fields.next()) {
      switch (fields.number()) {
        case NETWORK_NAME -> {
          network = fields.asText(NAME_BYTES_MAX);
          if (network == null) {
            return null;
          }
        }
        case LINK_ADDRESS -> {
          if (!readAddress(fields, link)) {
            return null;
          }
        }
        case ADVERT_ADDRESS -> {
          if (!readAddress(fields, advert)) {
            return null;
          }
        }
        default -> {}
      }
    }
    return fields.malformed() || network.isEmpty() ? null : new Attachment(network, link, advert);
  }

  /** Nobody can be reached at a multicast, unspecified or loopback address. */
  private static boolean readAddress(LinkFields field, List<IpAddress> into) {
    if (!field.sized(4) && !field.sized(16)) {
      return false;
    }
    IpAddress address = IpAddress.ofBytes(field.asBytes());
    if (address.isMulticast() || address.isUnspecified() || address.isLoopback()) {
      return false;
    }
    if (into.size() < ADDRESSES_MAX) {
      into.add(address);
    }
    return true;
  }
}
