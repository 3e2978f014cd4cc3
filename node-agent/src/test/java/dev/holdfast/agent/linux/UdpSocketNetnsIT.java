package dev.holdfast.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("UDP sockets on one interface")
class UdpSocketNetnsIT {
  private static final long SECOND = 1_000_000_000L;
  private static final int PORT = 4711;

  private final TestNetwork network = TestNetwork.open();
  private String left = "";
  private String right = "";

  @BeforeEach
  void cable() {
    left = network.namespace("left");
    right = network.namespace("right");
    network.cable(left, "eth0", right, "eth0");
    network.ip(left, "addr add 10.50.0.2/24 dev eth0");
    network.ip(right, "addr add 10.50.0.3/24 dev eth0");
    network.ip(left, "addr add fe80::2/64 dev eth0 nodad");
    network.ip(right, "addr add fe80::3/64 dev eth0 nodad");
  }

  @AfterEach
  void close() {
    network.close();
  }

  private UdpSocket open(String namespace, String interfaceName, String local, int port) {
    return network.call(
        namespace,
        () ->
            UdpSocket.open(
                UdpSocket.Options.on(
                    interfaceName,
                    Names.interfaceIndex(interfaceName),
                    IpAddress.parse(local),
                    port)));
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 10.50.0.2, 239.1.2.3",
    "::, fe80::2, ff02::4711",
  })
  void hearsAGroupOnItsInterfaceOnly(String any, String source, String group) {
    network.cable(left, "eth1", right, "eth1");
    network.ip(left, "addr add 10.51.0.2/24 dev eth1");
    try (var here = open(right, "eth0", any, PORT);
        var there = open(right, "eth1", any, PORT);
        var sender = open(left, "eth0", source, PORT)) {
      here.join(IpAddress.parse(group));
      there.join(IpAddress.parse(group));
      sender.send(text("hello"), IpAddress.parse(group), PORT);

      assertThat(here.receive(SECOND)).isEqualTo(5);
      assertThat(here.datagram()).isEqualTo(text("hello"));
      assertThat(here.source()).isEqualTo(IpAddress.parse(source));
      assertThat(here.sourcePort()).isEqualTo(PORT);
      assertThat(here.destination()).isEqualTo(IpAddress.parse(group));
      assertThat(here.hopLimit()).isEqualTo(1);
      assertThat(here.stampNanos()).isPositive();
      assertThat(there.receive(SECOND / 20)).isEqualTo(Receive.TIMEOUT);
    }
  }

  @ParameterizedTest
  @CsvSource({"10.50.0.2, 10.50.0.3", "fe80::2, fe80::3"})
  void answersToWhomItHeard(String a, String b) {
    try (var one = open(left, "eth0", a, 0);
        var other = open(right, "eth0", b, 0)) {
      one.send(text("ping"), IpAddress.parse(b), other.localPort());
      assertThat(other.receive(SECOND)).isEqualTo(4);
      assertThat(other.destination()).isEqualTo(IpAddress.parse(b));
      other.send(text("pong"), other.source(), other.sourcePort());
      assertThat(one.receive(SECOND)).isEqualTo(4);
      assertThat(one.datagram()).isEqualTo(text("pong"));
    }
  }

  @Test
  void hearsOnlyGroupsThatItJoinedItself() {
    try (var stranger = open(right, "eth0", "239.1.2.3", PORT);
        var shared =
            network.call(
                right,
                () ->
                    UdpSocket.open(
                        UdpSocket.Options.on(
                            "eth0",
                            Names.interfaceIndex("eth0"),
                            IpAddress.parse("0.0.0.0"),
                            PORT + 1)));
        var sender = open(left, "eth0", "10.50.0.2", PORT)) {
      stranger.join(IpAddress.parse("239.1.2.3"));
      sender.send(text("x"), IpAddress.parse("239.1.2.3"), PORT + 1);
      assertThat(shared.receive(SECOND / 20)).isEqualTo(Receive.TIMEOUT);
    }
  }

  @Test
  void countsWhatIsLongerThanItTakes() {
    try (var small =
            network.call(
                right,
                () ->
                    UdpSocket.open(
                        new UdpSocket.Options(
                            "eth0",
                            Names.interfaceIndex("eth0"),
                            IpAddress.parse("10.50.0.3"),
                            PORT,
                            false,
                            1,
                            0,
                            4,
                            0)));
        var sender = open(left, "eth0", "10.50.0.2", PORT)) {
      sender.send(text("longer"), IpAddress.parse("10.50.0.3"), PORT);
      sender.send(text("four"), IpAddress.parse("10.50.0.3"), PORT);

      assertThat(small.receive(SECOND)).isEqualTo(4);
      assertThat(small.datagram()).isEqualTo(text("four"));
      assertThat(small.oversized()).isEqualTo(1);
    }
  }

  @Test
  void wakesOnceWithoutClosing() {
    try (var socket = open(left, "eth0", "10.50.0.2", 0)) {
      socket.wake();
      assertThat(socket.receive(Receive.FOREVER)).isEqualTo(Receive.WOKEN);
      assertThat(socket.receive(SECOND / 100)).isEqualTo(Receive.TIMEOUT);
    }
  }
}
