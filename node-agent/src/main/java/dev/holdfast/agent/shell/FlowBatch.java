package dev.holdfast.agent.shell;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A buffer full of whole conntrack messages, one behind the other, each padded to four bytes. It
 * comes from a fixed ring: whoever was given it calls {@link #release()} when it is read, from any
 * thread. Then, and only then, more can be read from the kernel.
 */
public final class FlowBatch {
  private final BlockingQueue<FlowBatch> home;
  private final ByteBuffer messages;

  private FlowBatch(BlockingQueue<FlowBatch> home, int bytes) {
    this.home = home;
    this.messages = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  /** A ring of so many buffers; all of them free. */
  static BlockingQueue<FlowBatch> ring(int buffers, int bytesEach) {
    var ring = new ArrayBlockingQueue<FlowBatch>(buffers);
    for (int i = 0; i < buffers; i++) {
      ring.add(new FlowBatch(ring, bytesEach));
    }
    return ring;
  }

  /** The messages between position and limit, native order; until {@link #release()}. */
  public ByteBuffer messages() {
    return messages;
  }

  /** Gives the buffer back. Once. */
  public void release() {
    messages.clear();
    if (!home.offer(this)) {
      throw new IllegalStateException("a flow batch was released twice");
    }
  }
}
