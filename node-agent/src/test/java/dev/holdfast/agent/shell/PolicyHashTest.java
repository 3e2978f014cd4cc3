package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.api.render.Renderer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The number of a policy")
class PolicyHashTest {

  private static long hash(String node, String interfaces, String source) {
    String resource =
        """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: home, namespace: test}
        spec:
          routers:
            - {node: router-a, priority: 100}
            - {node: router-b, priority: 50%s}
          networks:
            - {name: wan, role: WAN, interface: eth0, virtualRouterId: 10, virtualAddresses: [10.0.0.10/24]}
            - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [192.168.0.3/24]}
          nat: {source: %s}
        """
            .formatted(interfaces, source);
    return PolicyHash.of(
        switch (ClusterFile.parse(resource)) {
          case ClusterFile.Result.Refused(var problems) ->
              throw new AssertionError(problems.toString());
          case ClusterFile.Result.Accepted(var identity, var spec) ->
              Renderer.render(identity, spec, node);
        });
  }

  @Test
  void routersOfOneResourceHaveOneNumberWhateverTheirInterfacesAreCalled() {
    assertThat(hash("router-a", ", interfaces: {wan: enp1s0}", "VirtualAddress"))
        .isEqualTo(hash("router-b", ", interfaces: {wan: enp1s0}", "VirtualAddress"));
  }

  @Test
  void anotherPolicyHasAnotherNumber() {
    assertThat(hash("router-a", "", "VirtualAddress")).isNotEqualTo(hash("router-a", "", "None"));
  }
}
