package dev.holdfast.agent.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.agent.vrrp.wire.Authentication;
import dev.holdfast.agent.vrrp.wire.Captures;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A stranger on the segment that sends what it should not. The routers' roles stay, and so does the
 * schedule of their adverts. Lengths: {@code -Dholdfast.hostile.seconds=60} for the long form.
 */
@DisplayName("Beside a hostile sender of adverts")
class HostileAdvertsNetnsIT {

  private static final int SECONDS = Integer.getInteger("holdfast.hostile.seconds", 6);
  private static final int FLOOD_SECONDS = Math.min(10, SECONDS);
  private static final int FLOOD_PER_SECOND = 20_000;
  private static final int US = 1;
  private static final int THEM = 2;
  private static final String ADDRESS = "10.50.0.100";
  private static final long MARGIN_MILLIS = 12_000;

  /** What is thrown at the routers, and whom they listen to. */
  enum Attack {
    VERSION_2_FROM_A_STRANGER(2, true),
    VERSION_3_FROM_A_STRANGER(3, true),
    VERSION_2_MALFORMED(2, false),
    VERSION_3_MALFORMED(3, false);

    private final int version;
    private final boolean listed;

    /**
     * @param listed only the listed routers' adverts count, so every kind must be refused
     */
    Attack(int version, boolean listed) {
      this.version = version;
      this.listed = listed;
    }

    /** The kinds in the capture that are refused, counted from 1. */
    private boolean refuses(int number) {
      return switch (this) {
        case VERSION_2_FROM_A_STRANGER, VERSION_3_FROM_A_STRANGER -> true;
        case VERSION_2_MALFORMED ->
            Set.of(2, 3, 4, 5, 7, 8, 9, 13, 14, 15, 22, 23).contains(number);
        case VERSION_3_MALFORMED -> Set.of(6, 7, 8, 9).contains(number);
      };
    }

    int intervalMillis() {
      return version == 2 ? 1_000 : 300;
    }

    List<byte[]> frames() {
      List<Captures.Frame> crafted =
          Captures.of("v" + version + "-injection").stream()
              .filter(frame -> frame.isVrrp() && frame.isCrafted())
              .toList();
      return IntStream.rangeClosed(1, crafted.size())
          .filter(this::refuses)
          .mapToObj(number -> crafted.get(number - 1).toBytes())
          .toList();
    }

    /** The captured router's names and numbers, for ours: VRID 51, 10.50.0.1 with priority 100. */
    String cluster() {
      return HostileAdvertsNetnsIT.cluster(version, intervalMillis(), 100, 90, listed);
    }
  }

  @TempDir Path folder;

  private static String cluster(
      int version, long intervalMillis, int ours, int theirs, boolean listed) {
    return """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: hostile, namespace: test}
        spec:
          routers:
            - {node: us, priority: %d, addresses: {lan: [10.50.0.1]}}
            - {node: them, priority: %d, addresses: {lan: [10.50.0.2]}}
          networks:
            - {name: lan, role: LAN, interface: eth0, virtualRouterId: 51, virtualAddresses: [10.50.0.100/24]}
          vrrp: {version: %d, advertisementInterval: %dms, speakers: %s, preempt: %s}
        """
        .formatted(
            ours,
            theirs,
            version,
            intervalMillis,
            listed ? "Listed" : "Any",
            listed ? "WhenInSync" : "Always");
  }

  private interface Scenario {
    void play(InteropSegment segment, AdvertEar ear, String stranger) throws IOException;
  }

  private void play(String cluster, Scenario scenario) throws IOException {
    try (InteropSegment segment = new InteropSegment(folder, 1)) {
      String stranger = segment.stranger();
      try (AdvertEar ear = AdvertEar.on(segment.network, stranger)) {
        segment.startOurs(cluster);
        segment.awaitOnlyHolder(segment.us, ADDRESS, MARGIN_MILLIS);
        segment.startOursInTheirPlace(cluster);
        TestNetwork.await(
            "the second agent answers",
            Duration.ofMillis(MARGIN_MILLIS),
            () -> dropsOf(segment, segment.them) >= 0);
        scenario.play(segment, ear, stranger);
      } catch (AssertionError e) {
        throw new AssertionError(e.getMessage() + "\n" + segment.logs(), e);
      }
    }
  }

  /** All adverts that an agent says it refused; -1 while it does not answer. */
  private static long dropsOf(InteropSegment segment, String router) {
    String status;
    try {
      status = segment.status(router);
    } catch (AssertionError notThereYet) {
      return -1;
    }
    long drops = 0;
    Matcher counter = Pattern.compile("\"dropped[A-Za-z]+\" ?: ?(\\d+)").matcher(status);
    while (counter.find()) {
      drops += Long.parseLong(counter.group(1));
    }
    return drops;
  }

  @ParameterizedTest(name = "{0}: each kind twice a second moves no role and no timer")
  @EnumSource
  void whatIsRefusedMovesNoRoleAndNoTimer(Attack attack) throws IOException {
    List<byte[]> frames = attack.frames();
    play(
        attack.cluster(),
        (segment, ear, stranger) -> {
          addressToTheActive(segment, frames);
          long before = dropsOf(segment, segment.us);
          long began = System.nanoTime();
          segment.network.call(
              stranger,
              () -> {
                sendEach(frames, 2, SECONDS);
                return true;
              });

          assertThat(ear.longestSilenceMillis(US, began))
              .as("silence between two adverts of the active router")
              .isLessThan(2L * attack.intervalMillis());
          assertThat(ear.from(US, began).size())
              .as("adverts of the active router")
              .isBetween(
                  SECONDS * 1_000 / attack.intervalMillis() - 2,
                  SECONDS * 1_000 / attack.intervalMillis() + 3);
          assertThat(ear.from(THEM, began)).isEmpty();
          segment.staysOnlyHolder(segment.us, ADDRESS, 500);
          // The kernel refuses some by itself: from the router's own address, to another group …
          assertThat(dropsOf(segment, segment.us) - before)
              .isGreaterThanOrEqualTo(2L * SECONDS * frames.size() * 3 / 4);
        });
  }

  @Test
  void aFloodOfBetterAdvertsFromAStrangerMovesNothing() throws IOException {
    play(
        cluster(3, 100, 200, 100, true),
        (segment, ear, stranger) -> {
          byte[] frame = strangersAdvert();
          long began = System.nanoTime();
          long sent =
              segment.network.call(stranger, () -> flood(frame, FLOOD_PER_SECOND, FLOOD_SECONDS));

          System.out.printf(
              "%d adverts of a stranger in %d s; longest silence of the active router %d ms%n",
              sent, FLOOD_SECONDS, ear.longestSilenceMillis(US, began));
          assertThat(ear.from(THEM, began)).isEmpty();
          assertThat(ear.from(US, began)).isNotEmpty();
          segment.staysOnlyHolder(segment.us, ADDRESS, 500);
        });
  }

  /** The capture's unicast frame goes to the MAC that the active router has here. */
  private static void addressToTheActive(InteropSegment segment, List<byte[]> frames) {
    String link = segment.network.ip(segment.us, "-o link show dev eth0");
    MacAddress mac = MacAddress.parse(link.replaceAll("(?s).*link/ether ([0-9a-f:]{17}).*", "$1"));
    for (byte[] frame : frames) {
      if ((frame[0] & 1) == 0) {
        System.arraycopy(mac.toBytes(), 0, frame, 0, 6);
      }
    }
  }

  private static void sendEach(List<byte[]> frames, int perSecond, int seconds)
      throws InterruptedException {
    int port = Names.interfaceIndex("eth0");
    try (PacketSocket socket = PacketSocket.sender()) {
      long began = System.nanoTime();
      for (int round = 0; round < perSecond * seconds; round++) {
        sleepUntil(began + TimeUnit.SECONDS.toNanos(round) / perSecond);
        frames.forEach(frame -> socket.send(port, frame));
      }
      sleepUntil(began + TimeUnit.SECONDS.toNanos(seconds));
    }
  }

  /** Returns how many were sent. */
  private static long flood(byte[] frame, int perSecond, int seconds) throws InterruptedException {
    int port = Names.interfaceIndex("eth0");
    long sent = 0;
    try (PacketSocket socket = PacketSocket.sender()) {
      long began = System.nanoTime();
      for (int tick = 0; tick < 100 * seconds; tick++) {
        sleepUntil(began + tick * 10_000_000L);
        for (int i = 0; i < perSecond / 100; i++) {
          socket.send(port, frame);
          sent++;
        }
      }
    }
    return sent;
  }

  /** The rate of the sender, nothing that a condition could tell. */
  private static void sleepUntil(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
  }

  private static byte[] strangersAdvert() {
    Ipv4Address source = Ipv4Address.parse("10.50.0.3");
    byte[] packet =
        AdvertCodec.encodeIpv4(
            new Advert(3, 51, 254, 10, List.of(IpAddress.parse(ADDRESS))),
            Authentication.none(),
            ChecksumForm.PSEUDO,
            source,
            AdvertCodec.GROUP4,
            1);
    return ByteBuffer.allocate(14 + packet.length)
        .put(MacAddress.parse("01:00:5e:00:00:12").toBytes())
        .put(MacAddress.parse("02:00:00:00:00:03").toBytes())
        .putShort((short) PacketSocket.ETHERTYPE_IPV4)
        .put(packet)
        .array();
  }
}
