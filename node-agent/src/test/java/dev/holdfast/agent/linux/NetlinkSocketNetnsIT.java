package dev.holdfast.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.netns.TestNetwork;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Netlink sockets against the kernel")
class NetlinkSocketNetnsIT {
  private static final long SECOND = 1_000_000_000L;
  private static final int GETLINK = 18;
  private static final int DELLINK = 17;
  private static final int NEWLINK = 16;
  private static final int IFLA_MTU = 4;
  private static final int GROUP_LINK = 1;

  private final TestNetwork network = TestNetwork.open();
  private final String space = network.namespace("nl");

  @AfterEach
  void close() {
    network.close();
  }

  private NetlinkSocket open(int bufferBytes, int... groups) {
    return network.call(space, () -> NetlinkSocket.open(NetlinkSocket.ROUTE, bufferBytes, groups));
  }

  /** A message with an ifinfomsg: header and 16 bytes, the index at 20. */
  private static ByteBuffer linkMessage(int type, int index) {
    return ByteBuffer.allocate(32)
        .order(ByteOrder.nativeOrder())
        .putInt(0, 32)
        .putShort(4, (short) type)
        .putInt(20, index);
  }

  /** The first attribute IFLA_IFNAME of a link message. */
  private static String nameIn(ByteBuffer buffer, int offset, int length) {
    for (int at = offset + 32; at + 4 <= offset + length; ) {
      int size = Short.toUnsignedInt(buffer.getShort(at));
      if (buffer.getShort(at + 2) == 3) {
        byte[] text = new byte[size - 5];
        buffer.get(at + 4, text);
        return new String(text, StandardCharsets.UTF_8);
      }
      at += size + 3 & ~3;
    }
    return "";
  }

  @Test
  void dumpsEveryLink() {
    network.ip(space, "link add d0 type bridge");
    List<String> names = new ArrayList<>();
    try (var socket = open(0)) {
      socket.dump(linkMessage(GETLINK, 0), (b, at, length) -> names.add(nameIn(b, at, length)));
    }
    assertThat(names).containsExactlyInAnyOrder("lo", "d0");
  }

  @Test
  void saysTheErrnoOfARefusedRequestAndGoesOn() {
    try (var socket = open(0)) {
      assertThat(socket.request(linkMessage(DELLINK, 4711))).isEqualTo(Errno.ENODEV);
      List<String> names = new ArrayList<>();
      int errno =
          socket.query(
              linkMessage(GETLINK, 1), (b, at, length) -> names.add(nameIn(b, at, length)));
      assertThat(errno).isZero();
      assertThat(names).containsExactly("lo");
    }
  }

  @Test
  void repeatsTheKernelsWordsAboutARefusal() {
    network.ip(space, "link add d0 type bridge");
    int index = network.call(space, () -> Names.interfaceIndex("d0"));
    ByteBuffer message = ByteBuffer.allocate(40).order(ByteOrder.nativeOrder());
    message.put(linkMessage(NEWLINK, index)).putInt(0, 40);
    message.putShort(32, (short) 8).putShort(34, (short) IFLA_MTU).putInt(36, 1 << 20).rewind();
    try (var socket = open(0)) {
      assertThat(socket.request(message)).isEqualTo(Errno.EINVAL);
      assertThat(socket.refusal()).isEqualTo("mtu greater than device maximum");
    }
  }

  @Test
  void tellsWhichRequestsOfABatchWereRefused() {
    network.ip(space, "link add d0 type bridge");
    int index = network.call(space, () -> Names.interfaceIndex("d0"));
    ByteBuffer batch = ByteBuffer.allocate(32 * 200).order(ByteOrder.nativeOrder());
    for (int i = 0; i < 200; i++) {
      batch.put(linkMessage(DELLINK, i == 77 ? index : 5000 + i));
    }
    List<Integer> refused = new ArrayList<>();
    try (var socket = open(1 << 20)) {
      int taken =
          socket.requestBatch(
              batch.flip(),
              (i, errno) -> {
                assertThat(errno).isEqualTo(Errno.ENODEV);
                refused.add(i);
              });
      assertThat(taken).isEqualTo(1);
    }
    assertThat(refused).hasSize(199).doesNotContain(77);
  }

  @Test
  void hearsEventsOneByOneAndInBatches() {
    try (var single = open(1 << 20, GROUP_LINK);
        var batched = open(1 << 20, GROUP_LINK)) {
      network.ip(space, "link add d0 type bridge");
      network.ip(space, "link add d1 type bridge");

      assertThat(single.receive(SECOND)).isPositive();
      assertThat(nameIn(single.buffer(), 0, single.buffer().limit())).isEqualTo("d0");

      var batch = new NetlinkBatch(16, 4096);
      List<String> names = new ArrayList<>();
      while (batched.receiveBatch(batch, SECOND / 10) > 0) {
        for (int i = 0; i < batch.count(); i++) {
          names.add(nameIn(batch.bytes(), batch.offset(i), batch.length(i)));
        }
      }
      assertThat(names).contains("d0", "d1");

      assertThat(batch.count()).as("after a timeout").isZero();
    }
  }

  @Test
  void tellsThatEventsWereLost() {
    try (var socket = open(0, GROUP_LINK)) {
      // Nobody reads while far more events come than the buffer holds.
      for (int i = 0; i < 100; i++) {
        network.ip(space, "link add d" + i + " type bridge");
      }
      network.in(
          space,
          "sh",
          "-c",
          "for j in 1 2 3 4; do for i in $(seq 0 99); do echo link set d$i mtu 14$j$j; done; done"
              + " | ip -batch -");
      boolean lost = false;
      for (int received; (received = socket.receive(0)) != Receive.TIMEOUT; ) {
        lost |= received == Receive.LOST;
      }
      assertThat(lost).isTrue();
      network.ip(space, "link add after type bridge");
      assertThat(socket.receive(SECOND)).isPositive();
    }
  }

  @Test
  void noticesBytesThatDoNotDivideIntoMessages() {
    ByteBuffer torn = linkMessage(GETLINK, 0).putInt(0, 33);
    assertThat(NetlinkSocket.forEach(torn, (_, _, _) -> {})).isFalse();
    assertThat(NetlinkSocket.forEach(linkMessage(GETLINK, 0), (_, _, _) -> {})).isTrue();
  }
}
