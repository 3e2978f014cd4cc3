package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.SyscallException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Writes flows into the kernel, a batch at a time, in order, on the thread {@code conntrack-tx}:
 * the loop fills a batch and goes on while the kernel works. The number of batches is fixed; when
 * all are under way the loop keeps what it has and tries again when one has come back.
 */
public final class ConntrackWriter implements AutoCloseable {
  private final Kernel kernel;
  private final BlockingQueue<Batch> free;
  private final BlockingQueue<Batch> submitted;
  private final Sink sink;
  private final Runnable atStart;
  private final Thread thread;
  private volatile boolean closed;

  /** Where the requests go: {@link ConntrackSocket}, and what stands for it in a rehearsal. */
  interface Kernel extends AutoCloseable {
    /** See {@link ConntrackSocket#write}. */
    int write(ByteBuffer requests, NetlinkSocket.Refusals refusals);

    int portId();

    @Override
    void close();
  }

  /** Hears what became of the batches, on the writer's thread; must not block. */
  public interface Sink {
    /** The kernel has worked on all of it; in the order of submission. To be released when read. */
    void written(Batch batch);

    /** The kernel gave no answer; whether the batch is written nobody knows. To be released. */
    void failed(Batch batch, SyscallException why);
  }

  /** Requests on their way to the kernel, then the answers to them. */
  public final class Batch {
    private final ByteBuffer requests;
    private long ticket;
    private int taken;
    private int refusals;
    private int[] refusedIndexes = new int[16];
    private int[] refusedErrnos = new int[16];

    private Batch(int bytes) {
      requests = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** Room for requests, one behind the other; native order. */
    public ByteBuffer requests() {
      return requests;
    }

    /** What the submitter wanted to find again. */
    public long ticket() {
      return ticket;
    }

    /** Requests that the kernel took. */
    public int taken() {
      return taken;
    }

    /** Requests that it refused. */
    public int refusals() {
      return refusals;
    }

    /** Which request of the batch the {@code nth} refusal is about, from 0. */
    public int refusedIndex(int nth) {
      return refusedIndexes[nth];
    }

    /** Why; positive. */
    public int refusedErrno(int nth) {
      return refusedErrnos[nth];
    }

    private void refused(int index, int errno) {
      if (refusals == refusedIndexes.length) {
        refusedIndexes = Arrays.copyOf(refusedIndexes, 2 * refusals);
        refusedErrnos = Arrays.copyOf(refusedErrnos, 2 * refusals);
      }
      refusedIndexes[refusals] = index;
      refusedErrnos[refusals] = errno;
      refusals++;
    }

    /**
     * Sends what stands before the requests' position on its way.
     *
     * @param newTicket comes back with the answer
     */
    public void submit(long newTicket) {
      ticket = newTicket;
      requests.flip();
      if (!submitted.offer(this)) {
        throw new IllegalStateException("a batch was submitted twice");
      }
    }

    /** Gives the batch back, empty. */
    public void release() {
      requests.clear();
      taken = 0;
      refusals = 0;
      if (!free.offer(this)) {
        throw new IllegalStateException("a batch was released twice");
      }
    }
  }

  private ConntrackWriter(Kernel kernel, int batches, int batchBytes, Runnable atStart, Sink sink) {
    this.kernel = kernel;
    this.atStart = atStart;
    this.sink = sink;
    free = new ArrayBlockingQueue<>(batches);
    submitted = new ArrayBlockingQueue<>(batches);
    for (int i = 0; i < batches; i++) {
      free.add(new Batch(batchBytes));
    }
    thread = Thread.ofPlatform().daemon().name("conntrack-tx").unstarted(this::run);
  }

  /**
   * Starts to write in the calling thread's network namespace.
   *
   * @param batches how many may be under way
   * @param batchBytes of each; 16 to 128 KiB is a good unit
   * @param atStart runs first on the writer's thread
   */
  public static ConntrackWriter start(int batches, int batchBytes, Runnable atStart, Sink sink) {
    return start(ConntrackSocket.open(), batches, batchBytes, atStart, sink);
  }

  static ConntrackWriter start(
      Kernel kernel, int batches, int batchBytes, Runnable atStart, Sink sink) {
    var writer = new ConntrackWriter(kernel, batches, batchBytes, atStart, sink);
    writer.thread.start();
    return writer;
  }

  /** By this number the kernel's events name us as the one who changed a flow. */
  public int portId() {
    return kernel.portId();
  }

  /** An empty batch to fill; null when all are under way. */
  public @Nullable Batch tryAcquire() {
    return free.poll();
  }

  private void run() {
    atStart.run();
    try {
      while (!closed) {
        Batch batch = submitted.take();
        write(batch);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(Batch batch) {
    NetlinkSocket.Refusals refusals = batch::refused;
    try {
      batch.taken = kernel.write(batch.requests, refusals);
      sink.written(batch);
    } catch (SyscallException e) {
      if (!closed) {
        sink.failed(batch, e);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    kernel.close();
  }
}
