package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.NetlinkBatch;
import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.agent.linux.SocketFilter;
import dev.holdfast.agent.linux.SyscallException;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Hears what happens to flows: reads the kernel's events many at a time, on the thread {@code
 * conntrack-rx}, and hands them over in buffers from a fixed ring. Events that the agent caused
 * itself stay in the kernel, or two routers would tell each other the same flow for ever, and a
 * takeover's commit would fill the buffer with its own echo.
 *
 * <p>A single event is handed over at once. While they come in a stream it rests a millisecond
 * after each hand-over, so that one wake-up, here and of whoever takes them, is for many.
 *
 * <p>When all buffers are in use it stops reading. The kernel's own buffer fills, the kernel drops
 * events, and that is told as {@link Sink#lost}: what was lost cannot be guessed, so the table must
 * be read anew ({@link ConntrackDumper}). Nothing else in the chain can grow.
 */
public final class ConntrackListener implements AutoCloseable {
  // nfnetlink_compat.h: NEW 1, UPDATE 2, DESTROY 3 of flows, then the same of expectations.
  private static final int GROUP_NEW = 1;
  private static final int GROUP_DESTROY = 3;
  private static final int GROUP_EXPECT_DESTROY = 6;

  /** An event with labels, helper, NAT and time stamps has some 500 bytes. */
  private static final int EVENT_BYTES_MAX = 2048;

  private static final int EVENTS_PER_CALL = 128;

  private static final long REST_NANOS = 1_000_000L;

  private final NetlinkSocket socket;
  private final BlockingQueue<FlowBatch> ring;
  private final Sink sink;
  private final Runnable atStart;
  private final NetlinkBatch batch = new NetlinkBatch(EVENTS_PER_CALL, EVENT_BYTES_MAX);
  private final Thread thread;
  private long handedOverAtNanos = System.nanoTime();

  /** Takes what was heard, on the listener's thread; must not block. */
  public interface Sink {
    /** Events in the order in which they happened; to be released when read. */
    void events(FlowBatch batch);

    /** Events are missing between what came before and what comes next. */
    void lost();

    /** The socket broke; nothing more will be heard by this listener. */
    void failed(SyscallException why);
  }

  /**
   * Sizes.
   *
   * @param buffers of the ring, at least 2
   * @param bufferBytes of each, at least 4096
   * @param kernelBufferBytes what to ask the kernel for; it keeps some 700 bytes per event
   * @param expectations hear of expectations too
   */
  public record Options(int buffers, int bufferBytes, int kernelBufferBytes, boolean expectations) {
    /** Half a MiB of ours, and room for some 20 000 events in the kernel. */
    public static final Options DEFAULT = new Options(8, 64 << 10, 16 << 20, true);

    public Options {
      if (buffers < 2 || bufferBytes < 2 * EVENT_BYTES_MAX) {
        throw new IllegalArgumentException("at least 2 buffers of 4096 bytes");
      }
    }
  }

  private ConntrackListener(NetlinkSocket socket, Options options, Runnable atStart, Sink sink) {
    this.socket = socket;
    this.ring = FlowBatch.ring(options.buffers(), options.bufferBytes());
    this.atStart = atStart;
    this.sink = sink;
    thread = Thread.ofPlatform().daemon().name("conntrack-rx").unstarted(this::run);
  }

  /**
   * Starts to listen in the calling thread's network namespace. To be started before the table is
   * dumped: then nothing that happens in between is missed.
   *
   * @param ownPortIds of the sockets by which the agent changes flows
   * @param atStart runs first on the listener's thread
   */
  public static ConntrackListener start(
      Options options, int[] ownPortIds, Runnable atStart, Sink sink) {
    int last = options.expectations() ? GROUP_EXPECT_DESTROY : GROUP_DESTROY;
    int[] groups = IntStream.rangeClosed(GROUP_NEW, last).toArray();
    NetlinkSocket socket =
        NetlinkSocket.open(
            NetlinkSocket.NETFILTER,
            options.kernelBufferBytes(),
            SocketFilter.netlinkNotFrom(ownPortIds),
            groups);
    var listener = new ConntrackListener(socket, options, atStart, sink);
    listener.thread.start();
    return listener;
  }

  /** What the kernel really gave, in bytes as it counts. */
  public int kernelBufferBytes() {
    return socket.receiveBufferBytes();
  }

  private void run() {
    atStart.run();
    try {
      FlowBatch filling = ring.take();
      while (true) {
        int received = socket.receiveBatch(batch, Receive.FOREVER);
        if (received == Receive.WOKEN) {
          return;
        }
        for (int i = 0; i < batch.count(); i++) {
          if (!batch.appendTo(filling.messages(), i)) {
            filling = handOver(filling);
            batch.appendTo(filling.messages(), i);
          }
        }
        if (received == Receive.LOST) {
          filling = handOver(filling);
          sink.lost();
        } else {
          // Whether more is waiting or not: what is there is not held back.
          filling = handOver(filling);
          if (received < EVENTS_PER_CALL) {
            restInStream();
          }
        }
      }
    } catch (SyscallException e) {
      sink.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void restInStream() {
    long now = System.nanoTime();
    boolean stream = now - handedOverAtNanos < 2 * REST_NANOS;
    handedOverAtNanos = now;
    if (stream) {
      LockSupport.parkNanos(this, REST_NANOS);
    }
  }

  /** Waits for the next free buffer, however long it takes. */
  private FlowBatch handOver(FlowBatch filled) throws InterruptedException {
    ByteBuffer messages = filled.messages();
    if (messages.position() == 0) {
      return filled;
    }
    messages.flip();
    sink.events(filled);
    return ring.take();
  }

  @Override
  public void close() {
    socket.wake();
    thread.interrupt();
    socket.close();
  }
}
