package dev.holdfast.lab.stack;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.ConntrackdMode;
import dev.holdfast.api.v1alpha1.ConntrackdTransport;
import dev.holdfast.api.v1alpha1.IpProtocol;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeConntrackd;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.Router;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * conntrackd's configuration for one router: what the article makes of the example that Debian
 * ships (sizes, filter by protocol, own addresses left out), or what the resource says where it
 * speaks conntrackd's protocol.
 */
final class ConntrackdConfig {

  /** The article's choice: UDP is not replicated. */
  private static final List<IpProtocol> ARTICLE_PROTOCOLS =
      List.of(IpProtocol.TCP, IpProtocol.SCTP, IpProtocol.DCCP);

  static final NodeConntrackd ARTICLE =
      new NodeConntrackd(
          ConntrackdTransport.MULTICAST,
          "225.0.0.50",
          3780,
          List.of(),
          ConntrackdMode.FTFW,
          ARTICLE_PROTOCOLS);

  private final ConfigText text = new ConfigText();

  private ConntrackdConfig() {}

  /**
   * @param networks in the resource's order; the first Sync network carries the messages, else the
   *     first LAN
   * @param folder for lock, socket and log
   */
  static String text(NodeConntrackd sync, List<NodeNetwork> networks, Router router, Path folder) {
    return new ConntrackdConfig().write(sync, link(networks, router), router, folder);
  }

  private static Attachment link(List<NodeNetwork> networks, Router router) {
    return Stream.of(NetworkRole.SYNC, NetworkRole.LAN)
        .flatMap(role -> networks.stream().filter(n -> n.role() == role))
        .flatMap(n -> router.attachment(n.name()).stream())
        .filter(a -> a.address(Family.IPV4).isPresent())
        .findFirst()
        .orElseThrow(
            () ->
                new LabException(
                    "conntrackd needs a Sync network or a LAN where the router has an IPv4"
                        + " address"));
  }

  private String write(NodeConntrackd sync, Attachment link, Router router, Path folder) {
    text.line("Sync {");
    text.line("    Mode ", sync.mode(), " {");
    text.line("    }");
    switch (sync.transport()) {
      case MULTICAST -> multicast(sync, link);
      case UNICAST -> unicast(sync, link);
    }
    text.line("}");
    text.line("General {");
    text.line("    HashSize 32768");
    text.line("    HashLimit 131072");
    text.line("    LogFile ", folder.resolve("conntrackd.log"));
    text.line("    LockFile ", lockFile(folder));
    text.line("    UNIX {");
    text.line("        Path ", socket(folder));
    text.line("    }");
    text.line("    NetlinkBufferSize 2097152");
    text.line("    NetlinkBufferSizeMaxGrowth 8388608");
    text.line("    Filter From Userspace {");
    if (!sync.protocols().isEmpty()) {
      text.line("        Protocol Accept {");
      sync.protocols().forEach(p -> text.line("            ", p.name()));
      text.line("        }");
    }
    text.line("        Address Ignore {");
    text.line("            IPv4_address 127.0.0.1");
    for (Attachment attachment : router.attachments()) {
      attachment.addresses().stream()
          .map(Prefix::address)
          .filter(a -> a.family() == Family.IPV4)
          .forEach(a -> text.line("            IPv4_address ", a));
    }
    text.line("        }");
    text.line("    }");
    text.line("}");
    return text.toString();
  }

  private void multicast(NodeConntrackd sync, Attachment link) {
    text.line("    Multicast {");
    text.line("        IPv4_address ", sync.group());
    text.line("        Group ", sync.port());
    text.line("        IPv4_interface ", link.address(Family.IPV4).orElseThrow());
    buffers(link);
    text.line("    }");
  }

  private void unicast(NodeConntrackd sync, Attachment link) {
    IpAddress own = link.address(Family.IPV4).orElseThrow();
    for (IpAddress peer : sync.peerAddresses()) {
      if (peer.equals(own)) {
        continue;
      }
      text.line("    UDP {");
      text.line("        IPv4_address ", own);
      text.line("        IPv4_Destination_Address ", peer);
      text.line("        Port ", sync.port());
      buffers(link);
      text.line("    }");
    }
  }

  private void buffers(Attachment link) {
    text.line("        Interface ", link.interfaceName());
    text.line("        SndSocketBuffer 1249280");
    text.line("        RcvSocketBuffer 1249280");
    text.line("        Checksum on");
  }

  static Path lockFile(Path folder) {
    return folder.resolve("conntrack.lock");
  }

  static Path socket(Path folder) {
    return folder.resolve("conntrackd.ctl");
  }
}
