package dev.holdfast.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A firewall script made of a file for iptables-restore")
class FirewallScriptTest {

  private static final String FILE =
      """
      *nat
      :POSTROUTING ACCEPT [0:0]
      -A POSTROUTING -o eth0 -j MASQUERADE
      COMMIT
      *filter
      :FORWARD DROP [0:0]
      :LOGGING - [0:0]
      -A LOGGING -j LOG --log-prefix "DROP: "
      COMMIT
      """;

  @Test
  void flushesEachTableAndAddsRuleAfterRule() {
    assertThat(FirewallScript.lines(FILE, "iptables-nft"))
        .isEqualTo(
            """
            iptables-nft -w -t nat -F
            iptables-nft -w -t nat -X
            iptables-nft -w -t nat -P POSTROUTING ACCEPT
            iptables-nft -w -t nat -A POSTROUTING -o eth0 -j MASQUERADE
            iptables-nft -w -t filter -F
            iptables-nft -w -t filter -X
            iptables-nft -w -t filter -P FORWARD DROP
            iptables-nft -w -t filter -N LOGGING
            iptables-nft -w -t filter -A LOGGING -j LOG --log-prefix "DROP: "
            """);
  }

  @Test
  void hasFurtherRulesAtTheEndOfTheFilterTable() {
    assertThat(FirewallScript.with(FILE, "-A FORWARD -j ACCEPT\n"))
        .endsWith("--log-prefix \"DROP: \"\n-A FORWARD -j ACCEPT\nCOMMIT\n");
  }
}
