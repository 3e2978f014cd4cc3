package dev.holdfast.agent.ops;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which flows somebody asks for; what is null does not matter. Pure: both ends of the control
 * socket use it.
 *
 * @param owner whose
 * @param protocol IP protocol number
 * @param source who began: the original direction's source
 * @param destination whom the client spoke to, or who really answers
 * @param port one of the ports of either direction
 */
public record FlowQuestion(
    FlowView.@Nullable Owner owner,
    @Nullable Integer protocol,
    @Nullable Prefix source,
    @Nullable Prefix destination,
    @Nullable Integer port) {

  private static final String OWNER = "owner";
  private static final String PROTOCOL = "protocol";
  private static final String SOURCE = "source";
  private static final String DESTINATION = "destination";
  private static final String PORT = "port";

  /**
   * @throws IllegalArgumentException with a sentence for the person who asked
   */
  public static FlowQuestion of(
      FlowView.@Nullable Owner owner,
      @Nullable String protocol,
      @Nullable String source,
      @Nullable String destination,
      @Nullable Integer port) {
    if (port != null && (port < 0 || port > 0xffff)) {
      throw new IllegalArgumentException("a port is 0 to 65535, not " + port);
    }
    return new FlowQuestion(
        owner,
        protocol == null ? null : protocol(protocol),
        source == null ? null : Prefix.parse(source),
        destination == null ? null : Prefix.parse(destination),
        port);
  }

  private static int protocol(String text) {
    String wanted = text.toLowerCase(Locale.ROOT);
    for (int number = 0; number <= 0xff; number++) {
      if (wanted.equals(IpProtocol.name(number)) || wanted.equals(Integer.toString(number))) {
        return number;
      }
    }
    throw new IllegalArgumentException(
        "\""
            + text
            + "\" is no protocol; say tcp, udp, icmp, icmpv6, sctp, dccp, gre, udplite or a number"
            + " of 0 to 255");
  }

  /** Adds itself to a request. */
  public void write(ObjectNode request) {
    if (owner != null) {
      request.put(OWNER, owner.name());
    }
    if (protocol != null) {
      request.put(PROTOCOL, Integer.toString(protocol));
    }
    if (source != null) {
      request.put(SOURCE, source.toString());
    }
    if (destination != null) {
      request.put(DESTINATION, destination.toString());
    }
    if (port != null) {
      request.put(PORT, port);
    }
  }

  /**
   * @throws IllegalArgumentException with a sentence for the person who asked
   */
  public static FlowQuestion read(JsonNode request) {
    return of(
        request.hasNonNull(OWNER) ? FlowView.Owner.valueOf(request.get(OWNER).asText()) : null,
        text(request, PROTOCOL),
        text(request, SOURCE),
        text(request, DESTINATION),
        request.hasNonNull(PORT) ? Integer.valueOf(request.get(PORT).asInt(-1)) : null);
  }

  private static @Nullable String text(JsonNode request, String field) {
    return request.hasNonNull(field) ? request.get(field).asText() : null;
  }

  /** Whether this flow is meant; the owner is judged by {@link #wants}. */
  public boolean matches(FlowEntry flow) {
    FlowTuple original = flow.original;
    FlowTuple reply = flow.reply;
    return (protocol == null || protocol == original.protocol)
        && (port == null || hasPort(original, port) || hasPort(reply, port))
        && (source == null || contains(source, original.source()))
        && (destination == null
            || contains(destination, original.destination())
            || contains(destination, reply.source()));
  }

  public boolean wants(FlowView.Owner asked) {
    return owner == null || owner == asked;
  }

  private static boolean contains(Prefix prefix, IpAddress address) {
    return prefix.contains(address);
  }

  private static boolean hasPort(FlowTuple tuple, int port) {
    return IpProtocol.hasPorts(tuple.protocol)
        && (tuple.sourcePort() == port || tuple.destinationPort() == port);
  }
}
