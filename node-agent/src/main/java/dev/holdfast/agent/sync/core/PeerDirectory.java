package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.api.addr.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where one peer may be: what the resource says, what the peer proved in a session (now or, from
 * the disk, in an earlier life of ours), what a hello claimed. All of them are only tried; a
 * datagram is believed for its seal and not for its sender's address.
 */
final class PeerDirectory {
  private final Map<String, List<IpAddress>> configured;
  private @Nullable Hello proved;
  private @Nullable Hello claimed;

  PeerDirectory(Map<String, List<IpAddress>> configured, @Nullable Hello remembered) {
    this.configured = configured;
    this.proved = remembered;
  }

  /** The same knowledge under another resource. */
  PeerDirectory(Map<String, List<IpAddress>> configured, PeerDirectory before) {
    this.configured = configured;
    this.proved = before.proved;
    this.claimed = before.claimed;
  }

  void proved(Hello identity) {
    proved = identity;
  }

  void claimed(Hello hello) {
    claimed = hello;
  }

  /** Best first: configured, proved, claimed; each once. */
  List<IpAddress> addresses(String network) {
    Set<IpAddress> addresses = new LinkedHashSet<>(configured.getOrDefault(network, List.of()));
    addFrom(proved, network, addresses);
    addFrom(claimed, network, addresses);
    return new ArrayList<>(addresses);
  }

  private static void addFrom(@Nullable Hello hello, String network, Set<IpAddress> into) {
    if (hello == null) {
      return;
    }
    for (Hello.Attachment attachment : hello.networks()) {
      if (attachment.network().equals(network)) {
        into.addAll(attachment.linkAddresses());
      }
    }
  }
}
