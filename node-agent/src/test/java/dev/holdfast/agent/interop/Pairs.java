package dev.holdfast.agent.interop;

/** Two networks that move together: the article's sync group. */
final class Pairs {

  private Pairs() {}

  static String gatewayCluster(Variant variant, int ourPriority, int theirPriority) {
    return """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: interop, namespace: test}
        spec:
          routers:
            - {node: us, priority: %d}
            - {node: them, priority: %d}
          networks:
            - {name: wan, role: WAN, interface: eth0, virtualRouterId: 10, virtualAddresses: [10.50.0.100/24]}
            - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [10.51.0.100/24]}
          vrrp:
            %sadvertisementInterval: %dms
            preempt: Always
            speakers: Any
        """
        .formatted(
            ourPriority,
            theirPriority,
            variant.version == 2 ? "version: 2\n    " : "",
            variant.intervalMillis());
  }

  static String keepalived(Variant variant, int priority) {
    return """
        global_defs {
          router_id interop
          vrrp_version %d
        }
        vrrp_sync_group both {
          group {
            wan
            lan
          }
        }
        """
            .formatted(variant.version)
        + instance(variant, "wan", 0, 10, priority)
        + instance(variant, "lan", 1, 11, priority);
  }

  private static String instance(
      Variant variant, String name, int segment, int vrid, int priority) {
    return """
        vrrp_instance %s {
          state BACKUP
          interface eth%d
          virtual_router_id %d
          priority %d
          advert_int %s
          virtual_ipaddress {
            10.5%d.0.100/24
          }
        }
        """
        .formatted(name, segment, vrid, priority, variant.version == 2 ? "1" : "0.2", segment);
  }
}
