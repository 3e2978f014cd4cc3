package dev.holdfast.agent.flow;

import com.sun.management.ThreadMXBean;
import dev.holdfast.agent.ctnetlink.CtCodec;
import dev.holdfast.agent.ctnetlink.CtMessage;
import dev.holdfast.agent.ctnetlink.CtRequests;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/**
 * Measures the table and the codecs around it; a program, not a test. Argument: number of IPv4 NAT
 * flows. Times are of this thread's CPU, so that a busy machine does not count.
 */
public final class FlowTableMeasure {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int CHANGES = 300_000;

  private final int flows;
  private final FlowTable table;
  private final FlowEntry flow = new FlowEntry();
  private final FlowEntry read = new FlowEntry();
  private final ConntrackdCodec codec = new ConntrackdCodec(Dialect.HOLDFAST);
  private final CtRequests requests = new CtRequests();
  private final CtCodec kernel = new CtCodec();
  private final CtMessage message = new CtMessage();
  private final SyncMessage header = new SyncMessage();
  private final ByteBuffer datagram = ByteBuffer.allocateDirect(2048);
  private final ByteBuffer netlink = ByteBuffer.allocateDirect(2048).order(ByteOrder.nativeOrder());
  private long sum;
  private int changes;

  private FlowTableMeasure(int flows) {
    this.flows = flows;
    table = new FlowTable(FlowMemory.offHeap(), 0x5eed, flows + flows / 4, flows / 8);
  }

  public static void main(String[] arguments) throws IOException {
    new FlowTableMeasure(20_000).warm();
    new FlowTableMeasure(Integer.parseInt(arguments[0])).run();
  }

  private void warm() {
    for (int i = 0; i < 3; i++) {
      insertAll();
      changeAll();
      tellAll();
      events();
    }
    table.release();
  }

  private void run() throws IOException {
    System.gc();
    long before = residentBytes();
    long longest = insertAll();
    long after = residentBytes();
    System.out.printf(
        "%d flows: %.1f B/flow asked for, %.1f B/flow resident, longest insert %d us of CPU%n",
        flows, table.bytes() / (double) flows, (after - before) / (double) flows, longest / 1000);
    report("change and mark", CHANGES, _ -> changeAll());
    report("read, encode, decode", CHANGES, _ -> tellAll());
    report("write netlink, read, store", CHANGES, _ -> events());
    if (sum == 42) {
      System.out.println();
    }
  }

  private static void report(String what, int operations, IntConsumer body) {
    body.accept(0);
    long allocated = THREADS.getCurrentThreadAllocatedBytes();
    long cpu = THREADS.getCurrentThreadCpuTime();
    body.accept(1);
    cpu = THREADS.getCurrentThreadCpuTime() - cpu;
    allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
    System.out.printf(
        "%-29s %.2f M per CPU-second, %.3f B allocated each%n",
        what, operations * 1e3 / cpu, allocated / (double) operations);
  }

  private void describe(int number) {
    flow.clear();
    FlowTuple original = flow.original;
    original.protocol = IpProtocol.TCP;
    original.ipv4(0xc0a8_0000 | number >>> 14, 0xc633_6407);
    original.ports(1024 + (number & 0x3fff), 443);
    flow.reply.invert(original);
    flow.reply.destinationLow = 0x0a00_000aL;
    flow.status = Flows.ESTABLISHED_STATUS | FlowStatus.SRC_NAT;
    flow.timeoutSeconds = 432_000;
    flow.state = FlowState.TCP_ESTABLISHED;
    flow.has =
        FlowEntry.HAS_STATUS
            | FlowEntry.HAS_TIMEOUT
            | FlowEntry.HAS_TCP_STATE
            | FlowEntry.HAS_REPLY
            | FlowEntry.HAS_SOURCE_NAT;
  }

  private long insertAll() {
    long longest = 0;
    for (int i = 0; i < flows; i++) {
      describe(i);
      long start = THREADS.getCurrentThreadCpuTime();
      table.store(FlowTable.OURS, Telling.BORN, flow, true, 0);
      longest = Math.max(longest, THREADS.getCurrentThreadCpuTime() - start);
    }
    return longest;
  }

  private void changeAll() {
    for (int i = 0; i < CHANGES; i++) {
      describe((int) (i * 7_919L % flows));
      flow.mark = ++changes;
      flow.has |= FlowEntry.HAS_MARK;
      table.store(FlowTable.OURS, Telling.UPDATED, flow, true, i);
    }
  }

  private void tellAll() {
    int cursor = table.ours().openCursor();
    for (int i = 0; i < CHANGES; i++) {
      int handle = table.ours().next(cursor);
      if (handle == FlowLog.NONE) {
        table.ours().rewind(cursor);
        handle = table.ours().next(cursor);
      }
      table.read(handle, read);
      codec.writeFlow(datagram.clear(), SyncMessage.FLOW_UPDATE, 0, i, read);
      codec.next(datagram.flip(), header);
      codec.readFlow(datagram, header, read);
      sum += read.status;
    }
    table.ours().closeCursor(cursor);
  }

  private void events() {
    for (int i = 0; i < CHANGES; i++) {
      describe((int) (i * 7_919L % flows));
      flow.mark = ++changes;
      flow.has |= FlowEntry.HAS_MARK;
      requests.create(netlink.clear(), flow, 432_000, 0);
      netlink.flip();
      kernel.next(netlink, 0, netlink.limit(), message);
      kernel.readFlow(netlink, message, read);
      table.store(FlowTable.OURS, Telling.UPDATED, read, true, i);
    }
  }

  private static long residentBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElseThrow();
  }
}
