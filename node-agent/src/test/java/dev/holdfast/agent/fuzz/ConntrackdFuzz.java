package dev.holdfast.agent.fuzz;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;

/** conntrackd's messages, as a datagram from anybody: what is read can be written again. */
public final class ConntrackdFuzz {
  private static final SyncMessage MESSAGE = new SyncMessage();
  private static final FlowEntry FLOW = new FlowEntry();
  private static final ExpectEntry EXPECTATION = new ExpectEntry();
  private static final ByteBuffer OUT = ByteBuffer.allocate(4_096);

  private ConntrackdFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    for (Dialect dialect : Dialect.values()) {
      ConntrackdCodec codec = new ConntrackdCodec(dialect);
      ByteBuffer datagram = ByteBuffer.wrap(input);
      while (datagram.hasRemaining()) {
        int before = datagram.position();
        MessageDrop drop = codec.next(datagram, MESSAGE);
        if (drop != null) {
          if (drop.endsDatagram()) {
            break;
          }
          continue;
        }
        if (datagram.position() <= before) {
          throw new IllegalStateException("a message without an end");
        }
        read(codec, datagram);
      }
    }
  }

  private static void read(ConntrackdCodec codec, ByteBuffer datagram) {
    if (MESSAGE.isFlow()) {
      if (codec.readFlow(datagram, MESSAGE, FLOW) == null
          && !codec.writeFlow(OUT.clear(), MESSAGE.type, 0, 1, FLOW)) {
        throw new IllegalStateException("a flow that was read cannot be written: " + FLOW);
      }
    } else if (MESSAGE.isExpectation()
        && codec.readExpectation(datagram, MESSAGE, EXPECTATION) == null
        && !codec.writeExpectation(OUT.clear(), MESSAGE.type, 0, 1, EXPECTATION)) {
      throw new IllegalStateException("an expectation that was read cannot be written");
    }
  }
}
