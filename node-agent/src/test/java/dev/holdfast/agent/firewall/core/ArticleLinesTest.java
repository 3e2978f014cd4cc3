package dev.holdfast.agent.firewall.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The article's rules beside ours, as docs/firewall.md has them")
class ArticleLinesTest {

  private static final Path PAGE = Path.of("../docs/firewall.md");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /** Every rule of the article, in its order. */
  private static final List<String> ARTICLE =
      List.of(
          "-A POSTROUTING -o eth0 -j MASQUERADE",
          ":INPUT DROP",
          ":FORWARD DROP",
          ":OUTPUT DROP",
          "-A INPUT -i lo -j ACCEPT",
          "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
          "-A INPUT -d 224.0.0.0/8 -p vrrp -j ACCEPT",
          "-A INPUT -d 225.0.0.50 -j ACCEPT",
          "-A INPUT -i eth2 -j ACCEPT",
          "-A INPUT -j LOGGING",
          "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
          "-A FORWARD -s 192.168.0.0/24 -i eth1 -o eth0 -m conntrack --ctstate NEW -j ACCEPT",
          "-A OUTPUT -o lo -j ACCEPT",
          "-A OUTPUT -d 224.0.0.0/8 -p vrrp -j ACCEPT",
          "-A OUTPUT -d 225.0.0.50 -j ACCEPT",
          "-A OUTPUT -o eth0 -p icmp -j ACCEPT",
          "-A OUTPUT -o eth0 -p tcp -m tcp --dport 53 -j ACCEPT",
          "-A OUTPUT -o eth0 -p udp -m udp --dport 123 -j ACCEPT",
          "-A OUTPUT -o eth0 -p tcp -m multiport --dports 80,443 -j ACCEPT",
          "-A OUTPUT -o eth2 -j ACCEPT",
          "-A LOGGING -m limit --limit 2/min -j LOG --log-prefix \"DROP: \" --log-level 7");

  private record Row(String article, String ours, String difference) {}

  @Test
  void eachOfItsRulesHasARowThatSaysTheDifference() throws IOException {
    List<String> shown = rows().stream().flatMap(row -> codes(row.article())).toList();

    assertThat(shown).containsAll(ARTICLE);
    assertThat(rows()).allSatisfy(row -> assertThat(row.difference()).isNotBlank());
  }

  @Test
  void whatThePageSaysOfOursIsWhatWeLoad() throws IOException {
    String loaded =
        RulesetText.iptables(
            FirewallPlanner.plan(Policies.example("article"), RouterFacts.NONE), Family.IPV4);
    List<String> rules =
        rows().stream().flatMap(row -> codes(row.ours())).filter(ArticleLinesTest::isRule).toList();

    assertThat(rules).hasSizeGreaterThan(12);
    assertThat(rules).allSatisfy(rule -> assertThat(loaded).containsPattern(asPattern(rule)));
  }

  private static boolean isRule(String code) {
    return code.startsWith("-A HOLDFAST-") && code.contains(" -j ");
  }

  /** An ellipsis stands for what a reader need not see, like a comment. */
  private static Pattern asPattern(String rule) {
    return Pattern.compile("(?m)^" + Pattern.quote(rule).replace(" … ", "\\E .*\\Q") + "$");
  }

  private static List<Row> rows() throws IOException {
    return Files.readString(PAGE)
        .lines()
        .dropWhile(line -> !line.startsWith("| article |"))
        .skip(2)
        .takeWhile(line -> line.startsWith("|"))
        .map(line -> line.split("(?<= )\\|(?= |$)", -1))
        .map(cells -> new Row(cells[0], cells[1], cells[2]))
        .toList();
  }

  private static Stream<String> codes(String cell) {
    return CODE.matcher(cell).results().map(found -> found.group(1));
  }
}
