package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Routes that follow the role")
class RouteWriterNetnsIT {
  private static final RouteWriter.WantedRoute FOUR = route("0.0.0.0/0", "10.50.0.1");
  private static final RouteWriter.WantedRoute SIX = route("::/0", "fd00:50::1");
  private static final RouteWriter.WantedRoute INNER = route("10.77.0.0/16", "10.50.0.7");

  private final TestNetwork network = TestNetwork.open();
  private final String router = network.namespace("router");
  private final Rtnetlink rtnetlink = network.call(router, Rtnetlink::open);
  private final RouteWriter writer = new RouteWriter(rtnetlink);

  private static RouteWriter.WantedRoute route(String destination, String gateway) {
    return new RouteWriter.WantedRoute(
        "eth0", Prefix.parse(destination), IpAddress.parse(gateway), 0);
  }

  @BeforeEach
  void cable() {
    String peer = network.namespace("peer");
    network.cable(router, "eth0", peer, "eth0");
    network.cable(router, "eth1", peer, "eth1");
    network.ip(router, "addr add 10.50.0.100/24 dev eth0");
    network.ip(router, "addr add fd00:50::100/64 dev eth0 nodad");
    network.ip(router, "addr add 10.51.0.2/24 dev eth1");
    network.ip(router, "addr add fd00:51::2/64 dev eth1 nodad");
  }

  @AfterEach
  void close() {
    rtnetlink.close();
    network.close();
  }

  private String way(String destination) {
    return network.ip(router, "route get " + destination);
  }

  @Test
  void comesAndGoes() {
    assertThat(writer.claim(List.of(FOUR, SIX, INNER)).isComplete()).isTrue();
    assertThat(writer.claim(List.of(FOUR, SIX, INNER)).isComplete()).as("again").isTrue();

    assertThat(network.ip(router, "route")).contains("default via 10.50.0.1 dev eth0 proto 72");
    assertThat(way("192.0.2.1")).contains("via 10.50.0.1");
    assertThat(way("2001:db8::1")).contains("via fd00:50::1");
    assertThat(way("10.77.1.1")).contains("via 10.50.0.7");

    assertThat(writer.release().isComplete()).isTrue();
    assertThat(network.ip(router, "route") + network.ip(router, "-6 route"))
        .doesNotContain("default")
        .doesNotContain("10.77");
  }

  @Test
  void leavesSomebodyElsesDefaultRouteForLater() {
    network.ip(router, "route add default via 10.51.0.1");
    network.ip(router, "-6 route add default via fd00:51::1");

    assertThat(writer.claim(List.of(FOUR, SIX)).isComplete()).isTrue();
    assertThat(way("192.0.2.1")).contains("via 10.50.0.1");
    assertThat(way("2001:db8::1")).contains("via fd00:50::1");

    assertThat(writer.release().isComplete()).isTrue();
    assertThat(way("192.0.2.1")).contains("via 10.51.0.1");
    assertThat(way("2001:db8::1")).contains("via fd00:51::1");
  }

  @Test
  void saysThatTheGatewayIsNotReachable() {
    var outcome = writer.claim(List.of(route("0.0.0.0/0", "10.99.0.1"), INNER));

    assertThat(outcome.done()).containsExactly(INNER);
    assertThat(outcome.refused().getFirst().errno()).isEqualTo(Errno.ENETUNREACH);
    assertThat(outcome.refused().getFirst().toString())
        .isEqualTo("0.0.0.0/0 by 10.99.0.1: ENETUNREACH, no route");
  }

  @Test
  void goneAlreadyCountsAsReleased() {
    writer.claim(List.of(FOUR, SIX));
    network.ip(router, "link set eth0 down");

    assertThat(writer.release().isComplete()).isTrue();
  }

  @Test
  void comesBackAfterTheInterfaceWasDown() {
    writer.claim(List.of(FOUR));
    network.ip(router, "link set eth0 down");
    network.ip(router, "link set eth0 up");
    assertThat(network.ip(router, "route")).doesNotContain("default");

    assertThat(writer.claim(List.of(FOUR)).isComplete()).isTrue();
    assertThat(way("192.0.2.1")).contains("via 10.50.0.1");
  }

  @Test
  void removesWhatAnEarlierRunLeftBehindAndNothingElse() {
    new RouteWriter(rtnetlink).claim(List.of(FOUR, SIX, INNER));
    network.ip(router, "route add 10.78.0.0/16 via 10.50.0.7");
    writer.claim(List.of(INNER));

    assertThat(writer.removeLeftovers())
        .extracting(r -> r.destination().toString())
        .containsExactlyInAnyOrder("0.0.0.0/0", "::/0");
    assertThat(network.ip(router, "route")).contains("10.77.0.0/16", "10.78.0.0/16");
  }
}
