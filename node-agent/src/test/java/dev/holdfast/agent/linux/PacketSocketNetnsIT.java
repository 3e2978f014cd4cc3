package dev.holdfast.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.netns.TestNetwork;
import java.util.HexFormat;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Packet sockets on a real cable")
class PacketSocketNetnsIT {
  private static final long SECOND = 1_000_000_000L;
  private static final byte[] ARP =
      HexFormat.of()
          .parseHex(
              "ffffffffffff020000000002080600010800060400010200000000020a320064ffffffffffff0a320064");

  private final TestNetwork network = TestNetwork.open();
  private String left = "";
  private String right = "";

  @BeforeEach
  void cable() {
    left = network.namespace("left");
    right = network.namespace("right");
    network.cable(left, "eth0", right, "eth0");
  }

  @AfterEach
  void close() {
    network.close();
  }

  private PacketSocket receiver(String namespace, int etherType, PacketSocket.Options options) {
    return network.call(
        namespace, () -> PacketSocket.receiver(Names.interfaceIndex("eth0"), etherType, options));
  }

  private void send(String namespace, byte[] frame) {
    network.call(
        namespace,
        () -> {
          try (var sender = PacketSocket.sender()) {
            sender.send(Names.interfaceIndex("eth0"), frame);
          }
          return true;
        });
  }

  @Test
  void carriesAFrameUnchangedAndSaysWhenItArrived() {
    try (var socket = receiver(right, PacketSocket.ETHERTYPE_ARP, PacketSocket.Options.PLAIN)) {
      long before = Clocks.realtimeNanos();
      send(left, ARP);

      int length = socket.receive(SECOND);

      byte[] frame = new byte[length];
      socket.frame().get(0, frame);
      assertThat(frame).isEqualTo(ARP);
      assertThat(socket.packetType()).isEqualTo(PacketSocket.BROADCAST);
      assertThat(socket.stampNanos()).isBetween(before, Clocks.realtimeNanos());
      assertThat(Clocks.arrivalNanos(socket.stampNanos())).isLessThanOrEqualTo(System.nanoTime());
      assertThat(socket.dropped()).isZero();
    }
  }

  @Test
  void hearsOnlyTheProtocolAskedFor() {
    try (var socket = receiver(right, PacketSocket.ETHERTYPE_IPV4, PacketSocket.Options.PLAIN)) {
      send(left, ARP);

      assertThat(socket.receive(SECOND / 20)).isEqualTo(Receive.TIMEOUT);
    }
  }

  @Test
  void doesNotHearWhatThisHostSendsUnlessAsked() {
    var all = new PacketSocket.Options(true, false, 1 << 20, null);
    try (var quiet = receiver(left, PacketSocket.ETHERTYPE_ALL, PacketSocket.Options.PLAIN);
        var sniffing = receiver(left, PacketSocket.ETHERTYPE_ALL, all)) {
      send(left, ARP);

      int length;
      do {
        length = sniffing.receive(SECOND);
      } while (length > 0 && sniffing.frame().getShort(12) != (short) 0x0608);
      assertThat(length).isEqualTo(ARP.length);
      assertThat(sniffing.packetType()).isEqualTo(PacketSocket.OUTGOING);
      for (int other; (other = quiet.receive(SECOND / 20)) >= 0; ) {
        assertThat(quiet.packetType())
            .as("frame of %d bytes", other)
            .isNotEqualTo(PacketSocket.OUTGOING);
      }
    }
  }

  @Test
  void leavesFramesThatTheFilterRefusesInTheKernel() {
    var onlyVrrp = PacketSocket.Options.PLAIN.withFilter(SocketFilter.ipProtocol(112));
    try (var socket = receiver(right, PacketSocket.ETHERTYPE_ALL, onlyVrrp)) {
      send(left, ARP);
      byte[] vrrp =
          HexFormat.of()
              .parseHex(
                  "01005e000012020000000002080045c0002400010000ff70d0620a320002e0000012"
                      + "31336402000a6acc0a3200640a320065");
      send(left, vrrp);

      assertThat(socket.receive(SECOND)).isEqualTo(vrrp.length);
      assertThat(socket.receive(SECOND / 20)).isEqualTo(Receive.TIMEOUT);
    }
  }

  @Test
  void closingFromAnotherThreadEndsTheWait() throws Exception {
    var socket = receiver(right, PacketSocket.ETHERTYPE_ARP, PacketSocket.Options.PLAIN);
    var waiting = new FutureTask<>(() -> socket.receive(Receive.FOREVER));
    Thread.ofPlatform().daemon().start(waiting);
    TimeUnit.MILLISECONDS.sleep(20);

    socket.close();

    assertThat(waiting.get(1, TimeUnit.SECONDS)).isEqualTo(Receive.WOKEN);
    assertThat(socket.receive(Receive.FOREVER)).isEqualTo(Receive.WOKEN);
    assertThatThrownBy(() -> socket.send(1, ARP))
        .isInstanceOf(SyscallException.class)
        .hasMessageContaining("EBADF");
  }

  @Test
  void saysWhichInterfaceIsMissing() {
    assertThatThrownBy(() -> network.call(left, () -> Names.interfaceIndex("nothere")))
        .hasMessage("if_nametoindex(nothere): ENODEV, no such interface");
  }

  @Test
  void refusesToMoveAVirtualThread() throws Exception {
    var refused =
        new FutureTask<>(
            () -> {
              Namespaces.enter(left);
              return true;
            });
    Thread.ofVirtual().start(refused);
    assertThatThrownBy(refused::get).hasMessageContaining("virtual thread");
  }
}
