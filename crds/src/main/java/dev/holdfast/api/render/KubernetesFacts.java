package dev.holdfast.api.render;

import java.util.List;

/**
 * What only Kubernetes knows, as the operator found it: it is let through by {@code
 * firewall.clusterTraffic} and left out of flow sync.
 *
 * @param nodeAddresses InternalIP of every node, both families
 * @param podNetworks prefixes of pods
 * @param serviceNetworks prefixes of services
 * @param apiEndpoints where the API servers listen: {@code 10.0.0.5:6443}, {@code
 *     [2001:db8::5]:6443}
 */
public record KubernetesFacts(
    List<String> nodeAddresses,
    List<String> podNetworks,
    List<String> serviceNetworks,
    List<String> apiEndpoints) {

  /** Without Kubernetes. */
  public static final KubernetesFacts NONE =
      new KubernetesFacts(List.of(), List.of(), List.of(), List.of());

  public KubernetesFacts {
    nodeAddresses = List.copyOf(nodeAddresses);
    podNetworks = List.copyOf(podNetworks);
    serviceNetworks = List.copyOf(serviceNetworks);
    apiEndpoints = List.copyOf(apiEndpoints);
  }
}
