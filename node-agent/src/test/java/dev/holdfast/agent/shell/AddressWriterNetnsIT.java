package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.Prefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Virtual addresses in the kernel")
class AddressWriterNetnsIT {
  private static final VirtualAddress FOUR =
      new VirtualAddress("eth0", Prefix.parse("10.50.0.100/24"));
  private static final VirtualAddress SIX =
      new VirtualAddress("eth0", Prefix.parse("fd00:50::100/64"));
  private static final VirtualAddress LINK_LOCAL =
      new VirtualAddress("eth0", Prefix.parse("fe80::100/64"));

  private final TestNetwork network = TestNetwork.open();
  private final String router = network.namespace("router");
  private final Rtnetlink rtnetlink = network.call(router, Rtnetlink::open);
  private final AddressWriter writer = new AddressWriter(rtnetlink, 3);

  @BeforeEach
  void cable() {
    network.cable(router, "eth0", network.namespace("peer"), "eth0");
  }

  @AfterEach
  void close() {
    rtnetlink.close();
    network.close();
  }

  private void giveOwnAddresses() {
    network.ip(router, "addr add 10.50.0.2/24 dev eth0");
    network.ip(router, "addr add fd00:50::2/64 dev eth0 nodad");
  }

  /** Without the mark of who made them, which newer versions of ip(8) show. */
  private String addresses() {
    return network.ip(router, "-o addr show dev eth0").replaceAll(" proto \\S+", "");
  }

  private String routes() {
    return network.ip(router, "route") + network.ip(router, "-6 route");
  }

  @Test
  void standsAloneBesideAnOwnAddress() {
    giveOwnAddresses();
    String routesBefore = routes();

    assertThat(writer.claim(List.of(FOUR, SIX, LINK_LOCAL)).isComplete()).isTrue();

    assertThat(addresses())
        .contains("10.50.0.100/32 scope global dynamic noprefixroute")
        .contains("fd00:50::100/128 scope global nodad deprecated dynamic noprefixroute")
        .contains("fe80::100/128 scope link nodad deprecated dynamic noprefixroute")
        .contains("valid_lft 3sec");
    assertThat(routes()).isEqualTo(routesBefore);
    assertThat(network.ip(router, "-4 route get 10.50.0.3")).contains("src 10.50.0.2");
    assertThat(network.ip(router, "-6 route get fd00:50::3")).contains("src fd00:50::2");

    assertThat(writer.release().done()).containsExactly(FOUR, SIX, LINK_LOCAL);
    assertThat(addresses()).contains("10.50.0.2/24", "fd00:50::2/64").doesNotContain("100/");
    assertThat(routes()).isEqualTo(routesBefore);
  }

  @Test
  void bringsThePrefixWhereTheRouterHasNoOwnAddress() {
    assertThat(writer.claim(List.of(FOUR, SIX)).isComplete()).isTrue();

    assertThat(addresses())
        .contains("10.50.0.100/24 scope global dynamic eth0")
        .contains("fd00:50::100/64 scope global nodad dynamic");
    assertThat(network.ip(router, "-4 route get 10.50.0.3")).contains("src 10.50.0.100");
    assertThat(network.ip(router, "-6 route get fd00:50::3")).contains("src fd00:50::100");

    writer.release();
    assertThat(routes()).doesNotContain("10.50.0.0/24");
    // IPv6 lets the route of an address with a lifetime end by its own; it is listed for longer.
    TestNetwork.await(
        "the IPv6 prefix is no longer on the link",
        Duration.ofSeconds(5),
        () ->
            !network
                .in(router, "sh", "-c", "ip -6 route get fd00:50::3 2>&1; true")
                .contains("eth0"));
  }

  @Test
  void changesItsFormWhenAnOwnAddressComes() {
    // Without it, the own address would be a secondary one and go with the virtual one.
    network.sysctl(router, "net.ipv4.conf.eth0.promote_secondaries", "1");
    writer.claim(List.of(FOUR, SIX));
    giveOwnAddresses();

    assertThat(writer.claim(List.of(FOUR, SIX)).isComplete()).isTrue();

    assertThat(addresses())
        .contains("10.50.0.100/32", "fd00:50::100/128", "10.50.0.2/24")
        .doesNotContain("10.50.0.100/24")
        .doesNotContain("fd00:50::100/64");
    assertThat(network.ip(router, "-4 route get 10.50.0.3")).contains("src 10.50.0.2");
  }

  @Test
  void livesOnlyWhileItIsRenewed() {
    giveOwnAddresses();
    writer.claim(List.of(FOUR, SIX));
    long renewedUntil = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (System.nanoTime() - renewedUntil < 0) {
      assertThat(writer.renew().isComplete()).isTrue();
      assertThat(addresses()).contains("10.50.0.100/32", "fd00:50::100/128");
      sleep(500);
    }
    writer.renew();
    long last = System.nanoTime();
    TestNetwork.await(
        "both addresses end by themselves",
        Duration.ofSeconds(5),
        () -> !addresses().contains("10.50.0.100") && !addresses().contains("fd00:50::100"));
    long tookMillis = (System.nanoTime() - last) / 1_000_000;
    System.out.printf("lifetime of 3 s ended after %d ms%n", tookMillis);
    assertThat(tookMillis).isBetween(2_000L, 4_500L);
    assertThat(addresses()).contains("10.50.0.2/24", "fd00:50::2/64");
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Test
  void renewingPutsBackWhatSomebodyRemoved() {
    giveOwnAddresses();
    writer.claim(List.of(FOUR));
    network.ip(router, "addr del 10.50.0.100/32 dev eth0");

    assertThat(writer.renew().isComplete()).isTrue();

    assertThat(addresses()).contains("10.50.0.100/32");
  }

  @Test
  void goneAlreadyCountsAsReleased() {
    writer.claim(List.of(FOUR, SIX));
    network.ip(router, "addr flush dev eth0");

    assertThat(writer.release().isComplete()).isTrue();
    assertThat(writer.release().done()).isEmpty();
  }

  @Test
  void saysWhichAddressTheKernelRefusedAndDoesTheOthers() {
    network.sysctl(router, "net.ipv6.conf.eth0.disable_ipv6", "1");
    var nowhere = new VirtualAddress("eth9", Prefix.parse("10.51.0.1/24"));

    var outcome = writer.claim(List.of(SIX, nowhere, FOUR));

    assertThat(outcome.done()).containsExactly(FOUR);
    assertThat(outcome.refused())
        .containsExactlyInAnyOrder(
            new Outcome.Refused<>(SIX, Errno.EACCES), new Outcome.Refused<>(nowhere, Errno.ENODEV));
    assertThat(outcome.refused().getFirst().toString())
        .isEqualTo("10.51.0.1/24 on eth9: ENODEV, no such interface");
    assertThat(writer.held()).containsExactly(FOUR);
  }

  @Test
  void removesWhatAnEarlierRunLeftBehindAndNothingElse() {
    giveOwnAddresses();
    var old = new VirtualAddress("eth0", Prefix.parse("10.50.0.99/24"));
    new AddressWriter(rtnetlink, 30).claim(List.of(FOUR, old));
    network.ip(router, "addr add 10.50.0.101/32 dev eth0");
    var permanent = new VirtualAddress("eth0", Prefix.parse("10.50.0.101/24"));

    assertThat(writer.present(List.of(FOUR, SIX))).containsExactly(FOUR);
    assertThat(writer.removeLeftovers(List.of(FOUR, permanent)))
        .extracting(a -> a.prefix().toString())
        .containsExactlyInAnyOrder("10.50.0.100/32", "10.50.0.99/32");

    assertThat(addresses())
        .contains("10.50.0.2/24", "10.50.0.101/32")
        .doesNotContain("10.50.0.100")
        .doesNotContain("10.50.0.99");
  }

  @Test
  void adoptsWhatAnEarlierRunHolds() {
    giveOwnAddresses();
    new AddressWriter(rtnetlink, 3).claim(List.of(FOUR));

    assertThat(writer.claim(List.of(FOUR)).isComplete()).isTrue();
    assertThat(writer.removeLeftovers(List.of(FOUR))).isEmpty();
    assertThat(addresses()).contains("10.50.0.100/32");
  }

  @Test
  void claimsManyAtOnce() {
    giveOwnAddresses();
    var many = new ArrayList<VirtualAddress>();
    for (int i = 0; i < 200; i++) {
      many.add(new VirtualAddress("eth0", Prefix.parse("10.50.1." + (i + 1) + "/16")));
    }
    for (int round = 0; round < 3; round++) {
      long start = System.nanoTime();
      assertThat(writer.claim(many).isComplete()).isTrue();
      long claimed = System.nanoTime();
      assertThat(writer.renew().isComplete()).isTrue();
      long renewed = System.nanoTime();
      assertThat(writer.release().done()).hasSize(200);
      System.out.printf(
          "200 addresses: claim %d us, renew %d us, release %d us%n",
          (claimed - start) / 1000,
          (renewed - claimed) / 1000,
          (System.nanoTime() - renewed) / 1000);
    }
  }
}
