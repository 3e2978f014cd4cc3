package dev.holdfast.operator.plan;

import java.util.List;

/**
 * What the operator knows of a Kubernetes node.
 *
 * @param cordoned {@code spec.unschedulable}
 * @param ready its kubelet can start a pod
 * @param addresses its InternalIPs, both families
 * @param podNetworks its {@code podCIDRs}
 */
public record Machine(
    String name,
    boolean cordoned,
    boolean ready,
    List<String> addresses,
    List<String> podNetworks) {

  public Machine {
    addresses = List.copyOf(addresses);
    podNetworks = List.copyOf(podNetworks);
  }
}
