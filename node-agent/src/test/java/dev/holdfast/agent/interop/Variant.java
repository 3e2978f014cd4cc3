package dev.holdfast.agent.interop;

/** One way in which two routers can speak VRRP: the rows of the interoperation matrix. */
enum Variant {
  V2("version 2, no authentication", 2, false, false, false, false),
  V2_PASSWORD("version 2, simple password", 2, false, true, false, false),
  V3_IPV4("version 3, IPv4", 3, false, false, false, false),
  V3_IPV6("version 3, IPv6", 3, true, false, false, false),
  V2_UNICAST("version 2, unicast", 2, false, false, true, false),
  V3_UNICAST_IPV4("version 3, unicast, IPv4", 3, false, false, true, false),
  V3_UNICAST_IPV6("version 3, unicast, IPv6", 3, true, false, true, false),
  V2_VIRTUAL_MAC("version 2, virtual MAC", 2, false, false, false, true),
  V3_VIRTUAL_MAC("version 3, virtual MAC", 3, false, false, false, true);

  static final int VRID = 51;
  static final String PASSWORD = "S3cret-1";

  final String title;
  final int version;
  final boolean ipv6;
  final boolean password;
  final boolean unicast;
  final boolean virtualMac;

  Variant(
      String title,
      int version,
      boolean ipv6,
      boolean password,
      boolean unicast,
      boolean virtualMac) {
    this.title = title;
    this.version = version;
    this.ipv6 = ipv6;
    this.password = password;
    this.unicast = unicast;
    this.virtualMac = virtualMac;
  }

  long intervalMillis() {
    return version == 2 ? 1000 : 200;
  }

  /** How long a router of this priority waits for a silent one: three intervals and the skew. */
  long downMillis(int priority) {
    return 3 * intervalMillis() + skewMillis(priority);
  }

  long skewMillis(int priority) {
    return (256 - priority) * intervalMillis() / 256;
  }

  /** The address that a test looks for. */
  String address() {
    return ipv6 ? "fd00:50::100" : "10.50.0.100";
  }

  private String own(String router) {
    String last = router.equals("us") ? "1" : "2";
    return ipv6 ? "fd00:50::" + last : "10.50.0." + last;
  }

  /** Our side: a GatewayCluster of two routers and one network. */
  String gatewayCluster(int ourPriority, int theirPriority, String moreAddresses) {
    String addresses =
        ipv6 ? "\"fe80::50:100/64\", \"fd00:50::100/64\"" : "10.50.0.100/24" + moreAddresses;
    return """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: interop, namespace: test}
        spec:
          routers:
            - {node: us, priority: %d%s}
            - {node: them, priority: %d%s}
          networks:
            - {name: lan, role: LAN, interface: eth0, virtualRouterId: %d, virtualAddresses: [%s]}
          vrrp:
            %sadvertisementInterval: %dms
            preempt: Always
            speakers: Any
            unicast: %s
            virtualMac: %s
        %s"""
        .formatted(
            ourPriority,
            unicast ? ", addresses: {lan: [\"" + own("us") + "\"]}" : "",
            theirPriority,
            unicast ? ", addresses: {lan: [\"" + own("them") + "\"]}" : "",
            VRID,
            addresses,
            version == 2 ? "version: 2\n    " : "",
            intervalMillis(),
            unicast,
            virtualMac,
            password ? "    authentication: {password: " + PASSWORD + "}\n" : "");
  }

  /** Their side: the same as a keepalived configuration. */
  String keepalived(int priority, String moreAddresses) {
    return """
        global_defs {
          router_id interop
          vrrp_version %d
        }
        vrrp_instance lan {
          state BACKUP
          interface eth0
          virtual_router_id %d
          priority %d
          advert_int %s
        %s%s%s  virtual_ipaddress {
        %s
          }
        }
        """
        .formatted(
            version,
            VRID,
            priority,
            version == 2 ? "1" : "0.2",
            password
                ? "  authentication {\n    auth_type PASS\n    auth_pass " + PASSWORD + "\n  }\n"
                : "",
            unicast
                ? "  unicast_src_ip "
                    + own("them")
                    + "\n  unicast_peer {\n    "
                    + own("us")
                    + "\n  }\n"
                : "",
            virtualMac ? "  use_vmac\n" : "",
            ipv6
                ? "    fe80::50:100/64\n    fd00:50::100/64"
                : "    10.50.0.100/24" + moreAddresses);
  }

  @Override
  public String toString() {
    return title;
  }
}
