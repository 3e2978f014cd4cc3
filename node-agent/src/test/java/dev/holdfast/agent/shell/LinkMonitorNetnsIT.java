package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the link monitor tells")
class LinkMonitorNetnsIT {
  private static final Duration SOON = Duration.ofSeconds(3);
  private static final VirtualAddress VIRTUAL =
      new VirtualAddress("eth0", Prefix.parse("10.50.0.100/24"));

  private final TestNetwork network = TestNetwork.open();
  private final String router = network.namespace("router");
  private final String peer = network.namespace("peer");
  private final List<NetworkEvent> told = new CopyOnWriteArrayList<>();
  private final Rtnetlink rtnetlink = network.call(router, Rtnetlink::open);

  @BeforeEach
  void cable() {
    network.cable(router, "eth0", peer, "eth0");
  }

  @AfterEach
  void close() {
    rtnetlink.close();
    network.close();
  }

  private LinkMonitor start() {
    return network.call(
        router, () -> LinkMonitor.start(told::add, Duration.ofMillis(10), rtnetlink.portId()));
  }

  private void await(String what, Predicate<NetworkEvent> wanted) {
    TestNetwork.await(what, SOON, () -> told.stream().anyMatch(wanted));
  }

  private static Predicate<NetworkEvent> linkUsable(String name, boolean usable) {
    return event ->
        event instanceof NetworkEvent.LinkChanged(var link)
            && link.name().equals(name)
            && link.isUsable() == usable;
  }

  @Test
  void tellsWhatIsThereBeforeItReturns() {
    network.ip(router, "link set eth0 address 02:00:00:00:00:02 mtu 1400");
    network.ip(router, "addr add 10.50.0.2/24 dev eth0");
    try (var _ = start()) {
      assertThat(told)
          .anyMatch(
              event ->
                  event instanceof NetworkEvent.LinkChanged(var link)
                      && link.name().equals("eth0")
                      && link.isUsable()
                      && link.hasNeighbors()
                      && link.mtu() == 1400
                      && link.kind().equals("veth")
                      && MacAddress.parse("02:00:00:00:00:02").equals(link.mac()))
          .anyMatch(
              event ->
                  event instanceof NetworkEvent.AddressAdded(var name, var address, var byUs)
                      && name.equals("eth0")
                      && address.prefix().equals(Prefix.parse("10.50.0.2/24"))
                      && !byUs);
    }
  }

  @Test
  void tellsACutAtTheFarEndAtOnceAlsoWhenOtherLinksJustChanged() {
    network.cable(router, "eth1", peer, "eth1");
    try (var monitor = start()) {
      monitor.watch(Set.of("eth0"));
      for (int i = 0; i < 5; i++) {
        told.clear();
        network.ip(peer, "link set eth1 " + (i % 2 == 0 ? "down" : "up"));
        network.ip(peer, "link set eth0 down");
        long cut = System.nanoTime();
        await("carrier lost", linkUsable("eth0", false));
        long tookMillis = (System.nanoTime() - cut) / 1_000_000;
        System.out.printf("carrier loss told after %d ms at most%n", tookMillis);
        assertThat(tookMillis).isLessThan(300);
        assertThat(told).anyMatch(e -> e instanceof NetworkEvent.LinkChanged(var l) && l.isUp());
        network.ip(peer, "link set eth0 up");
        await("carrier back", linkUsable("eth0", true));
      }
    }
  }

  @Test
  void askingForCarrierIsCheap() throws Exception {
    try (var monitor = start()) {
      monitor.watch(Set.of("eth0", "lo"));
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long id =
          Thread.getAllStackTraces().keySet().stream()
              .filter(t -> t.getName().equals("link-monitor"))
              .findFirst()
              .orElseThrow()
              .threadId();
      Thread.sleep(1000);
      long cpu = threads.getThreadCpuTime(id);
      long garbage = threads.getThreadAllocatedBytes(id);
      Thread.sleep(2000);
      System.out.printf(
          "asking for 2 links every 10 ms: %d us CPU and %d bytes of garbage per second%n",
          (threads.getThreadCpuTime(id) - cpu) / 2_000,
          (threads.getThreadAllocatedBytes(id) - garbage) / 2);
    }
  }

  @Test
  void tellsWhoRemovedAnAddress() {
    network.ip(router, "addr add 10.50.0.2/24 dev eth0");
    var writer = new AddressWriter(rtnetlink, 3);
    try (var _ = start()) {
      writer.claim(List.of(VIRTUAL));
      await("ours added", e -> e instanceof NetworkEvent.AddressAdded(var _, var _, var us) && us);
      network.ip(router, "addr del 10.50.0.100/32 dev eth0");
      await(
          "somebody removed it",
          e ->
              e instanceof NetworkEvent.AddressRemoved(var name, var a, var us)
                  && name.equals("eth0")
                  && a.prefix().equals(Prefix.parse("10.50.0.100/32"))
                  && !us);
      told.clear();
      writer.renew();
      await("ours again", e -> e instanceof NetworkEvent.AddressAdded(var _, var _, var us) && us);
      writer.release();
      await(
          "we removed it",
          e -> e instanceof NetworkEvent.AddressRemoved(var _, var _, var us) && us);
    }
  }

  @Test
  void aRenewedLifetimeIsNoNews() {
    var writer = new AddressWriter(rtnetlink, 3);
    writer.claim(List.of(VIRTUAL));
    try (var _ = start()) {
      told.clear();
      for (int i = 0; i < 20; i++) {
        writer.renew();
      }
      network.ip(router, "link set eth0 mtu 1300");
      await("the mark after them", e -> e instanceof NetworkEvent.LinkChanged);
      assertThat(told).hasSize(1);
    }
  }

  @Test
  void aNewNameIsAnotherInterface() {
    try (var _ = start()) {
      told.clear();
      network.ip(router, "link set eth0 name wan0");
      await(
          "new name", e -> e instanceof NetworkEvent.LinkChanged(var l) && l.name().equals("wan0"));
      assertThat(told)
          .anyMatch(
              e -> e instanceof NetworkEvent.LinkRemoved(var name, var _) && name.equals("eth0"));
      network.ip(router, "addr add 10.50.0.2/24 dev wan0");
      await(
          "its address",
          e ->
              e instanceof NetworkEvent.AddressAdded(var name, var _, var _)
                  && name.equals("wan0"));
      network.ip(router, "link del wan0");
      await(
          "gone",
          e -> e instanceof NetworkEvent.LinkRemoved(var name, var _) && name.equals("wan0"));
      assertThat(told)
          .anyMatch(
              e ->
                  e instanceof NetworkEvent.AddressRemoved(var name, var _, var _)
                      && name.equals("wan0"));
    }
  }

  @Test
  void endsInStateAfterAFlood() {
    try (var _ = start()) {
      network.in(
          router,
          "sh",
          "-c",
          "for j in $(seq 1 40); do for i in $(seq 1 200); do echo addr add 10.9.$j.$i/32 dev eth0;"
              + " done; done | ip -batch - ; "
              + "for j in $(seq 1 40); do for i in $(seq 1 200); do echo addr del 10.9.$j.$i/32 dev"
              + " eth0; done; done | ip -batch -; ip addr add 10.50.0.9/24 dev eth0");
      await(
          "the last address",
          e ->
              e instanceof NetworkEvent.AddressAdded(var _, var a, var _)
                  && a.prefix().equals(Prefix.parse("10.50.0.9/24")));
      long added =
          told.stream()
              .filter(
                  e ->
                      e instanceof NetworkEvent.AddressAdded(var _, var a, var _)
                          && a.prefix().toString().startsWith("10.9."))
              .count();
      long removed = told.stream().filter(e -> e instanceof NetworkEvent.AddressRemoved).count();
      assertThat(added).isEqualTo(removed);
    }
  }

  @Test
  void closingEndsItsThread() {
    var monitor = start();
    monitor.close();
    TestNetwork.await(
        "the thread has ended",
        SOON,
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().equals("link-monitor")));
  }
}
