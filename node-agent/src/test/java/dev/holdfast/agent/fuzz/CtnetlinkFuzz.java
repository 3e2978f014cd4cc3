package dev.holdfast.agent.fuzz;

import dev.holdfast.agent.ctnetlink.CtCodec;
import dev.holdfast.agent.ctnetlink.CtMessage;
import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The kernel's messages about flows, one behind the other as in a receive buffer. */
public final class CtnetlinkFuzz {
  private static final int HEADER = 16;
  private static final CtCodec CODEC = new CtCodec();
  private static final CtMessage MESSAGE = new CtMessage();
  private static final FlowEntry FLOW = new FlowEntry();
  private static final ExpectEntry EXPECTATION = new ExpectEntry();

  private CtnetlinkFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ByteBuffer buffer = ByteBuffer.wrap(input).order(ByteOrder.nativeOrder());
    int offset = 0;
    while (input.length - offset >= HEADER) {
      int length = buffer.getInt(offset);
      if (length < HEADER || length > input.length - offset) {
        length = input.length - offset;
      }
      if (CODEC.next(buffer, offset, length, MESSAGE) == null) {
        if (MESSAGE.kind.isFlow() && CODEC.readFlow(buffer, MESSAGE, FLOW) == null) {
          String _ = FLOW.toString();
        } else if (MESSAGE.kind.isExpectation()) {
          Object _ = CODEC.readExpectation(buffer, MESSAGE, EXPECTATION);
        }
      }
      offset += length + 3 & ~3;
    }
  }
}
