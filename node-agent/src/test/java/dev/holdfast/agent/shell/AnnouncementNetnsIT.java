package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Announcements of addresses")
class AnnouncementNetnsIT {
  private static final MacAddress ROUTER = MacAddress.parse("02:00:00:00:00:02");
  private static final MacAddress OTHER = MacAddress.parse("02:00:00:00:00:99");
  private static final Duration SOON = Duration.ofSeconds(3);

  private final TestNetwork network = TestNetwork.open();
  private final List<String> claims = new CopyOnWriteArrayList<>();
  private String router = "";
  private String host = "";

  private final AddressClaimReceiver.Sink sink =
      new AddressClaimReceiver.Sink() {
        @Override
        public void claimed(IpAddress address, MacAddress mac) {
          claims.add(address + " at " + mac);
        }

        @Override
        public void failed(SyscallException why) {
          throw why;
        }
      };

  @BeforeEach
  void cable() {
    router = network.namespace("router");
    host = network.namespace("host");
    network.cable(router, "eth0", host, "eth0");
    network.ip(router, "link set eth0 address " + ROUTER);
    network.ip(router, "addr add 10.50.0.2/24 dev eth0");
    network.ip(router, "addr add fd00:50::2/64 dev eth0 nodad");
    network.ip(host, "addr add 10.50.0.3/24 dev eth0");
    network.ip(host, "addr add fd00:50::3/64 dev eth0 nodad");
  }

  @AfterEach
  void close() {
    network.close();
  }

  private Outcome<Announcer.Announcement> announce(
      String namespace, String address, MacAddress mac) {
    return announce(namespace, address, mac, 1);
  }

  private Outcome<Announcer.Announcement> announce(
      String namespace, String address, MacAddress mac, int copies) {
    return network.call(
        namespace,
        () -> {
          try (var announcer = Announcer.open()) {
            int index = Names.interfaceIndex("eth0");
            var one = new Announcer.Announcement(index, mac, IpAddress.parse(address));
            return announcer.announce(Collections.nCopies(copies, one));
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"10.50.0.100", "fd00:50::100"})
  void moveWhatAHostBelieves(String address) {
    network.ip(host, "neigh replace " + address + " lladdr " + OTHER + " dev eth0 nud reachable");

    assertThat(announce(router, address, ROUTER).isComplete()).isTrue();

    TestNetwork.await(
        "the host sends to the router now",
        SOON,
        () -> network.ip(host, "neigh show " + address).contains(ROUTER.toString()));
  }

  @Test
  void sayWhichInterfaceIsDown() {
    network.ip(router, "link set eth0 down");
    var outcome = announce(router, "10.50.0.100", ROUTER);
    assertThat(outcome.refused().getFirst().errno()).isEqualTo(Errno.ENETDOWN);
    assertThat(outcome.refused().getFirst().toString())
        .isEqualTo("10.50.0.100 at 02:00:00:00:00:02: ENETDOWN, interface is down");
  }

  @ParameterizedTest
  @CsvSource({"IPV4, 10.50.0.100, 10.50.0.101", "IPV6, fd00:50::100, fd00:50::101"})
  void ofOthersForOurAddressesAreHeard(Family family, String ours, String notOurs) {
    try (var receiver =
        network.call(
            router,
            () -> AddressClaimReceiver.start(family, "eth0", Names.interfaceIndex("eth0"), sink))) {
      receiver.watch(Set.of(IpAddress.parse(ours)), Set.of(ROUTER));
      announce(host, notOurs, OTHER);
      announce(host, ours, ROUTER);
      announce(host, ours, OTHER, 200);
      TestNetwork.await("the claim", SOON, () -> !claims.isEmpty());
      assertThat(claims).containsOnly(ours + " at " + OTHER);
      assertThat(claims.size()).as("200 within a moment").isLessThan(50);

      claims.clear();
      receiver.watch(Set.of(), Set.of());
      announce(host, ours, OTHER);
      announce(router, ours, ROUTER);
      assertThat(claims).isEmpty();
    }
  }

  @Test
  void inAnsweringAnArpRequestAreHeardToo() {
    network.ip(host, "addr add 10.50.0.100/32 dev eth0");
    try (var receiver =
        network.call(
            router,
            () ->
                AddressClaimReceiver.start(
                    Family.IPV4, "eth0", Names.interfaceIndex("eth0"), sink))) {
      receiver.watch(Set.of(IpAddress.parse("10.50.0.100")), Set.of(ROUTER));
      network.in(router, "ping", "-c", "1", "-W", "2", "10.50.0.100");
      TestNetwork.await("the claim", SOON, () -> !claims.isEmpty());
      assertThat(claims.getFirst()).startsWith("10.50.0.100 at ");
    }
  }
}
