package dev.holdfast.agent.fuzz;

import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.rtnetlink.RtCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The kernel's messages about interfaces, addresses and routes. */
public final class RtnetlinkFuzz {
  private RtnetlinkFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ByteBuffer buffer = ByteBuffer.wrap(input).order(ByteOrder.nativeOrder());
    NetlinkSocket.forEach(
        buffer,
        (messages, offset, length) -> {
          String _ = RtCodec.decode(messages, offset, length).toString();
          int _ = RtCodec.linkIndex(messages, offset, length);
          int _ = RtCodec.linkFlags(messages, offset, length);
        });
  }
}
