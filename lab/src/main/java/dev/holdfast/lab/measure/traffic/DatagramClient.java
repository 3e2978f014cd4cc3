package dev.holdfast.lab.measure.traffic;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.lab.measure.judge.FlowEnd;
import dev.holdfast.lab.measure.judge.FlowKind;
import dev.holdfast.lab.measure.judge.FlowRecord;
import dev.holdfast.lab.measure.judge.Span;
import dev.holdfast.lab.net.Host;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * The near end of long UDP flows, a message each second. In every other flow this end asks and the
 * far end answers; in the rest it speaks until it has been heard, and then only the far end does.
 *
 * <p>A flow is one of a hundred sockets here and a port there. Nobody sends a datagram again: what
 * a gap swallows is lost, and the next one shows whether the flow goes on.
 */
public final class DatagramClient extends SelectingThread {

  static final int SOCKETS = 100;
  static final int INTERVAL_MILLIS = 1_000;

  private final Origin origin;
  private final List<Flow> flows;
  private final TickWheel<Flow> wheel = new TickWheel<>(INTERVAL_MILLIS);
  private final List<DatagramChannel> channels = new ArrayList<>();
  private final ByteBuffer room = ByteBuffer.allocateDirect(DatagramServer.ROOM_BYTES);
  private final AtomicInteger flowsReady = new AtomicInteger();
  private volatile long armedNanos = TcpClient.NOT_ARMED;

  /** One flow as this end sees it; owned by the thread. Times: nanoseconds since the origin. */
  private static final class Flow {
    final int id;
    final InetSocketAddress target;
    final IpAddress address;
    final boolean pushed;
    long sent;
    long received;
    long lastNanos;
    long pauseFromNanos;
    long pauseToNanos;

    Flow(int id, IpAddress address, boolean pushed) {
      this.id = id;
      this.address = address;
      this.pushed = pushed;
      target = TcpClient.socketAddress(address, DatagramServer.port(id));
    }
  }

  /**
   * @param targets the far end's address in each family; the flows take turns
   * @param wanted flows, 1 to {@link DatagramServer#MOST}
   */
  public DatagramClient(Host host, List<IpAddress> targets, int wanted, Origin origin) {
    super(host.namespace(), "datagrams-" + host.name());
    this.origin = origin;
    flows =
        IntStream.range(0, wanted)
            .mapToObj(id -> new Flow(id, targets.get(id / 2 % targets.size()), id % 2 == 1))
            .toList();
    flows.forEach(wheel::add);
  }

  @Override
  protected void open() throws IOException {
    super.open();
    for (int i = 0; i < Math.min(SOCKETS, flows.size()); i++) {
      DatagramChannel channel = DatagramChannel.open();
      channels.add(channel);
      channel.configureBlocking(false);
      channel.bind(null);
      channel.register(selector(), SelectionKey.OP_READ, channel);
    }
  }

  @Override
  protected void work() throws IOException {
    Selector ready = selector();
    while (!stopping()) {
      wheel.advance(System.nanoTime(), this::speak);
      ready.select(this::serve, 1);
    }
  }

  private void speak(Flow flow) {
    if (flow.pushed && flow.received > 0) {
      return;
    }
    room.clear();
    room.putInt(flow.id).putInt(flow.pushed ? 1 : 0).putLong(flow.sent++).flip();
    try {
      channels.get(flow.id % SOCKETS).send(room, flow.target);
    } catch (IOException _) {
      // No route, no neighbour, a full queue: the datagram is lost, and another follows.
    }
  }

  private void serve(SelectionKey key) {
    try {
      DatagramChannel channel = (DatagramChannel) key.channel();
      while (channel.receive(room.clear()) != null) {
        room.flip();
        if (room.remaining() == MessageChannel.MESSAGE_BYTES) {
          received(room.getInt(0));
        }
      }
    } catch (IOException _) {
      // An ICMP answer to an earlier datagram: the pause will say it.
    }
  }

  private void received(int id) {
    if (id < 0 || id >= flows.size()) {
      return;
    }
    Flow flow = flows.get(id);
    long now = origin.sinceNanos();
    long armed = armedNanos;
    if (flow.received++ == 0) {
      flowsReady.incrementAndGet();
    }
    if (armed != TcpClient.NOT_ARMED) {
      long from = Math.max(flow.lastNanos, armed);
      if (now - from > flow.pauseToNanos - flow.pauseFromNanos) {
        flow.pauseFromNanos = from;
        flow.pauseToNanos = now;
      }
    }
    flow.lastNanos = now;
  }

  /** From now on pauses are measured. */
  public void arm() {
    armedNanos = origin.sinceNanos();
  }

  /** True when every flow has carried something to this end. */
  public boolean flowing() {
    return flowsReady.get() == flows.size();
  }

  /** For people: {@code 99 of 100 UDP flows}. */
  public String progress() {
    return flowsReady.get() + " of " + flows.size() + " UDP flows";
  }

  /** How many had data within their interval and {@code withinNanos}, as another thread sees it. */
  public int flowsAlive(long withinNanos) {
    long since = origin.sinceNanos() - withinNanos - INTERVAL_MILLIS * 1_000_000L;
    int alive = 0;
    for (Flow flow : flows) {
      alive += flow.lastNanos >= since ? 1 : 0;
    }
    return alive;
  }

  public int flows() {
    return flows.size();
  }

  /** After the end of both: the flows as both ends saw them until a moment. */
  public List<FlowRecord> flows(DatagramServer server, long untilNanos) {
    return flows.stream().map(flow -> record(flow, server, untilNanos)).toList();
  }

  private static FlowRecord record(Flow flow, DatagramServer server, long untilNanos) {
    return new FlowRecord(
        FlowRecord.OUTWARD,
        FlowKind.UDP,
        flow.address.family(),
        INTERVAL_MILLIS * 1_000_000L,
        false,
        server.moved(flow.id, untilNanos) ? FlowEnd.RESET : FlowEnd.OPEN,
        flow.lastNanos,
        new Span(flow.pauseFromNanos, flow.pauseToNanos),
        flow.received);
  }

  @Override
  protected void release() throws IOException {
    for (DatagramChannel channel : channels) {
      channel.close();
    }
    super.release();
  }
}
