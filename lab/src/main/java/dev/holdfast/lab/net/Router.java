package dev.holdfast.lab.net;

import java.util.List;
import java.util.Optional;

/**
 * One router of the cluster.
 *
 * @param node as in the resource
 * @param priority as in the resource
 * @param attachments one for each network, in the resource's order
 */
public record Router(String node, int priority, Namespace namespace, List<Attachment> attachments) {

  public Router {
    attachments = List.copyOf(attachments);
  }

  public Optional<Attachment> attachment(String network) {
    return attachments.stream().filter(a -> a.network().equals(network)).findFirst();
  }
}
