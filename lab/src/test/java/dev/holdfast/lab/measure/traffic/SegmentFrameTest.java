package dev.holdfast.lab.measure.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A TCP segment made by hand")
class SegmentFrameTest {

  private static ByteBuffer segment() {
    return new SegmentFrame()
        .write(
            MacAddress.parse("02:00:00:00:00:01"),
            MacAddress.parse("02:00:00:00:00:02"),
            new Ipv4Address(0xc0a80064),
            40_000,
            new Ipv4Address(0xc633640a),
            7_100,
            SegmentFrame.SYN | SegmentFrame.ACK,
            0x8000_0001,
            17);
  }

  private static int folded(long sum) {
    long folded = sum;
    while (folded >> 16 != 0) {
      folded = (folded & 0xffff) + (folded >> 16);
    }
    return (int) folded;
  }

  private static long sum(ByteBuffer frame, int from, int to) {
    long sum = 0;
    for (int at = from; at < to; at += 2) {
      sum += Short.toUnsignedInt(frame.getShort(at));
    }
    return sum;
  }

  @Test
  void isReadAsItWasWritten() {
    ByteBuffer frame = segment();

    assertThat(SegmentFrame.whole(frame, frame.limit())).isTrue();
    assertThat(SegmentFrame.sourcePort(frame)).isEqualTo(40_000);
    assertThat(SegmentFrame.destinationPort(frame)).isEqualTo(7_100);
    assertThat(SegmentFrame.sequence(frame)).isEqualTo(0x8000_0001);
    assertThat(SegmentFrame.flags(frame)).isEqualTo(0x12);
    assertThat(SegmentFrame.source(frame)).isEqualTo(new Ipv4Address(0xc0a80064));
    assertThat(SegmentFrame.sender(frame)).isEqualTo(MacAddress.parse("02:00:00:00:00:01"));
  }

  @Test
  void bothChecksumsAreRight() {
    ByteBuffer frame = segment();

    assertThat(folded(sum(frame, 14, 34))).isEqualTo(0xffff);
    assertThat(folded(sum(frame, 26, 34) + 6 + 20 + sum(frame, 34, 54))).isEqualTo(0xffff);
  }

  @Test
  void aShorterFrameIsNotWhole() {
    assertThat(SegmentFrame.whole(segment(), SegmentFrame.BYTES - 1)).isFalse();
  }
}
