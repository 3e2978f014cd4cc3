package dev.holdfast.operator.kube;

import java.util.List;

/** Networks of pods and services as the chart says them; empty: as Kubernetes says them. */
public record ClusterNetworks(List<String> podNetworks, List<String> serviceNetworks) {

  public ClusterNetworks {
    podNetworks = List.copyOf(podNetworks);
    serviceNetworks = List.copyOf(serviceNetworks);
  }
}
