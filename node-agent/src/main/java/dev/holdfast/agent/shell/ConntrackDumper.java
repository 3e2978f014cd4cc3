package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.SyscallException;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads the whole connection tracking table, on a thread of its own, in buffers from a fixed ring:
 * a large table takes seconds, and the loop must not wait for it. One dump at a time.
 *
 * <p>The thread is the opener's and lasts: one that the real-time loop starts would begin behind
 * all ordinary work ({@link dev.holdfast.agent.linux.Scheduling#beforeOrdinaryWork}).
 */
public final class ConntrackDumper implements AutoCloseable {
  private static final int BUFFERS = 4;
  private static final int BUFFER_BYTES = 64 << 10;

  private final ConntrackSocket socket;
  private final BlockingQueue<FlowBatch> ring = FlowBatch.ring(BUFFERS, BUFFER_BYTES);
  private final Sink sink;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final BlockingQueue<ByteBuffer> wanted = new ArrayBlockingQueue<>(1);
  private final Thread thread;
  private volatile boolean closed;

  /** Takes what was read, on the dumper's thread; must not block. */
  public interface Sink {
    /** Flows that are there; to be released when read. */
    void seen(FlowBatch batch);

    /** What was told of this dump so far is void; it begins anew. */
    void restarted();

    /** Everything has been told. */
    void complete();

    /** The dump ended early; another may be tried. */
    void failed(SyscallException why);
  }

  private ConntrackDumper(ConntrackSocket socket, Sink sink) {
    this.socket = socket;
    this.sink = sink;
    thread = Thread.ofPlatform().daemon().name("conntrack-dump").unstarted(this::run);
  }

  /** In the network namespace of the calling thread. */
  public static ConntrackDumper open(Sink sink) {
    ConntrackDumper dumper = new ConntrackDumper(ConntrackSocket.open(), sink);
    dumper.thread.start();
    return dumper;
  }

  /**
   * Begins a dump.
   *
   * @param request a dump request; copied
   * @return false when the last one has not ended yet
   */
  public boolean begin(ByteBuffer request) {
    if (closed || !busy.compareAndSet(false, true)) {
      return false;
    }
    ByteBuffer copy = ByteBuffer.allocate(request.remaining()).order(request.order());
    copy.put(request.duplicate()).flip();
    return wanted.offer(copy);
  }

  private void run() {
    try {
      while (!closed) {
        dump(wanted.take(), new Filler());
      }
    } catch (InterruptedException | ClosedWhileWaiting e) {
      // Closed: nobody is interested any more.
    }
  }

  private void dump(ByteBuffer request, Filler filler) {
    try {
      socket.dump(request, filler);
      filler.handOver();
      busy.set(false);
      sink.complete();
    } catch (SyscallException e) {
      filler.giveBack();
      busy.set(false);
      if (!closed) {
        sink.failed(e);
      }
    }
  }

  private static final class ClosedWhileWaiting extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Copies messages into buffers of the ring. */
  private final class Filler implements NetlinkSocket.Messages {
    private FlowBatch filling = next();

    @Override
    public void message(ByteBuffer buffer, int offset, int length) {
      int padded = length + 3 & ~3;
      if (padded > filling.messages().remaining()) {
        handOver();
        filling = next();
      }
      ByteBuffer target = filling.messages();
      target.put(target.position(), buffer, offset, length);
      target.position(target.position() + padded);
    }

    @Override
    public void restarted() {
      filling.messages().clear();
      sink.restarted();
    }

    void handOver() {
      filling.messages().flip();
      sink.seen(filling);
    }

    void giveBack() {
      filling.release();
    }

    private FlowBatch next() {
      try {
        return ring.take();
      } catch (InterruptedException e) {
        throw new ClosedWhileWaiting();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    socket.close();
  }
}
