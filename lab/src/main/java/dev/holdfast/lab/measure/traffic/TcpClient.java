package dev.holdfast.lab.measure.traffic;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.lab.measure.judge.ConnectionRecord;
import dev.holdfast.lab.measure.judge.ConnectionRecord.Outcome;
import dev.holdfast.lab.measure.judge.FlowEnd;
import dev.holdfast.lab.measure.judge.FlowRecord;
import dev.holdfast.lab.net.Host;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The near end of the long flows, and the maker of new connections at a steady rate.
 *
 * <p>Flows are opened a few per millisecond; one that is refused while the measurement has not been
 * armed is tried again. From {@link #arm} on, whatever happens to a flow is its fate.
 */
public final class TcpClient extends SelectingThread {

  /** A new connection that has no answer by then is given up; a person would have by then. */
  public static final long PATIENCE_NANOS = 3_000_000_000L;

  static final long NOT_ARMED = Long.MIN_VALUE;

  private static final int ROOM_BYTES = 64 << 10;
  private static final int OPENED_PER_TURN = 4;

  private final Origin origin;
  private final int connectionsPerSecond;
  private final @Nullable InetSocketAddress connectionTarget;
  private final Deque<FlowPlan> wanted;
  private final int flowsWanted;
  private final List<LongFlow> flows = new ArrayList<>();
  private final Map<Integer, TickWheel<LongFlow>> wheels = new TreeMap<>();
  private final Deque<ShortConnection> pending = new ArrayDeque<>();
  private final List<ConnectionRecord> connections = new ArrayList<>();
  private final ByteBuffer room = ByteBuffer.allocateDirect(ROOM_BYTES);
  private long nextConnectionNanos;
  private volatile long armedNanos = NOT_ARMED;
  private final AtomicInteger flowsReady = new AtomicInteger();
  private volatile List<LongFlow> visible = List.of();

  /**
   * @param plans the long flows
   * @param connectionsPerSecond new connections; 0 for none
   * @param connectionTarget an echo port for them
   */
  public TcpClient(
      Host host,
      List<FlowPlan> plans,
      int connectionsPerSecond,
      @Nullable IpAddress connectionTarget,
      int connectionPort,
      Origin origin) {
    super(host.namespace(), "client-" + host.name());
    this.origin = origin;
    this.connectionsPerSecond = connectionTarget == null ? 0 : connectionsPerSecond;
    this.connectionTarget =
        connectionTarget == null ? null : socketAddress(connectionTarget, connectionPort);
    wanted = new ArrayDeque<>(plans);
    flowsWanted = plans.size();
  }

  @Override
  protected void work() throws IOException {
    Selector ready = selector();
    nextConnectionNanos = nowNanos();
    while (!stopping()) {
      openFlows(ready);
      for (TickWheel<LongFlow> wheel : wheels.values()) {
        wheel.advance(System.nanoTime(), this::speak);
      }
      openConnection(ready);
      giveUp();
      ready.select(this::serve, 1);
    }
  }

  private void serve(SelectionKey key) {
    switch (key.attachment()) {
      case LongFlow flow -> serveFlow(key, flow);
      case ShortConnection connection -> serveConnection(key, connection);
      case null, default -> throw new IllegalStateException("a key of nothing");
    }
  }

  // Long flows.

  private void openFlows(Selector ready) throws IOException {
    for (int i = 0; i < OPENED_PER_TURN && !wanted.isEmpty(); i++) {
      FlowPlan plan = wanted.remove();
      SocketChannel channel = connecting(socketAddress(plan.target(), plan.port()));
      if (channel == null) {
        wanted.add(plan);
        return;
      }
      channel.register(ready, SelectionKey.OP_CONNECT, new LongFlow(channel, plan, this));
    }
  }

  private static @Nullable SocketChannel connecting(InetSocketAddress target) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.connect(target);
      return channel;
    } catch (IOException e) {
      channel.close();
      return null;
    }
  }

  private void serveFlow(SelectionKey key, LongFlow flow) {
    try {
      if (key.isConnectable()) {
        if (flow.channel.finishConnect()) {
          key.interestOps(SelectionKey.OP_READ);
          flows.add(flow);
          visible = flows.size() >= flowsWanted ? List.copyOf(flows) : visible;
          wheels.computeIfAbsent(flow.plan().intervalMillis(), TickWheel<LongFlow>::new).add(flow);
        }
        return;
      }
      boolean fresh = !flow.hasData();
      boolean more = flow.read(room);
      if (fresh && flow.hasData()) {
        flowsReady.incrementAndGet();
      }
      if (!more) {
        lose(flow);
      }
    } catch (IOException e) {
      lose(flow);
    }
  }

  /** Before the measurement a lost flow is opened anew; during it, it is lost. */
  private void lose(LongFlow flow) {
    flow.closeQuietly();
    if (armedNanos == NOT_ARMED) {
      if (flows.remove(flow) && flow.hasData()) {
        flowsReady.decrementAndGet();
      }
      wanted.add(flow.plan());
    }
    flow.end(FlowEnd.RESET);
  }

  private void speak(LongFlow flow) {
    if (!flow.isEcho() || !flow.isOpen()) {
      return;
    }
    try {
      if (flow.send(room, 0, flow.toSend())) {
        flow.sent();
      }
    } catch (IOException e) {
      lose(flow);
    }
  }

  // New connections.

  private void openConnection(Selector ready) throws IOException {
    InetSocketAddress target = connectionTarget;
    if (connectionsPerSecond == 0 || target == null || nowNanos() - nextConnectionNanos < 0) {
      return;
    }
    long stepNanos = 1_000_000_000L / connectionsPerSecond;
    long now = nowNanos();
    nextConnectionNanos += stepNanos * (1 + (now - nextConnectionNanos) / stepNanos);
    SocketChannel channel = connecting(target);
    if (channel == null) {
      connections.add(new ConnectionRecord(now, Outcome.TIMED_OUT, 0));
      return;
    }
    var connection = new ShortConnection(channel, now);
    pending.add(connection);
    channel.register(ready, SelectionKey.OP_CONNECT, connection);
  }

  private void serveConnection(SelectionKey key, ShortConnection connection) {
    try {
      if (key.isConnectable()) {
        if (connection.channel.finishConnect()) {
          key.interestOps(SelectionKey.OP_READ);
          connection.send(room, 0, 0);
        }
        return;
      }
      boolean more = connection.read(room);
      if (connection.answered()) {
        decide(connection, Outcome.OK);
      } else if (!more) {
        decide(connection, Outcome.REFUSED);
      }
    } catch (IOException e) {
      decide(connection, outcomeOf(e));
    }
  }

  /** ECONNREFUSED and ECONNRESET are an answer; no route and no neighbour are none. */
  private static Outcome outcomeOf(IOException e) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("refused") || message.contains("reset")
        ? Outcome.REFUSED
        : Outcome.TIMED_OUT;
  }

  private void decide(ShortConnection connection, Outcome outcome) {
    connection.decided(outcome, nowNanos());
    connection.closeQuietly();
  }

  private void giveUp() {
    ShortConnection oldest;
    while ((oldest = pending.peek()) != null) {
      boolean late = nowNanos() - oldest.beginNanos() > PATIENCE_NANOS;
      if (oldest.result() == null && !late) {
        return;
      }
      if (late) {
        decide(oldest, Outcome.TIMED_OUT);
      }
      ConnectionRecord result = oldest.result();
      if (result != null) {
        connections.add(result);
      }
      pending.remove();
    }
  }

  @Override
  protected void release() throws IOException {
    flows.forEach(MessageChannel::abort);
    for (ShortConnection connection : pending) {
      ConnectionRecord result = connection.result();
      if (result != null) {
        connections.add(result);
      }
      connection.abort();
    }
    super.release();
  }

  long nowNanos() {
    return origin.sinceNanos();
  }

  long armedNanos() {
    return armedNanos;
  }

  /** From now on pauses are measured and nothing is tried again. */
  public void arm() {
    armedNanos = nowNanos();
  }

  /** True when every long flow has carried data. */
  public boolean flowing() {
    return flowsReady.get() == flowsWanted;
  }

  /** For people: {@code 99 of 100 flows}. */
  public String progress() {
    return flowsReady.get() + " of " + flowsWanted + " flows";
  }

  /**
   * How many open flows have carried data within their interval and {@code withinNanos}, as far as
   * another thread can see.
   */
  public int flowsAlive(long withinNanos) {
    long now = nowNanos();
    int alive = 0;
    for (LongFlow flow : visible) {
      long limitNanos = withinNanos + flow.plan().intervalMillis() * 1_000_000L;
      alive += flow.isOpen() && now - flow.lastDataNanos() <= limitNanos ? 1 : 0;
    }
    return alive;
  }

  /** How many open flows there are, as far as another thread can see. */
  public int flowsOpen() {
    int open = 0;
    for (LongFlow flow : visible) {
      open += flow.isOpen() ? 1 : 0;
    }
    return open;
  }

  /** After the end of both: the long flows as both ends saw them until a moment. */
  public List<FlowRecord> flows(FarEnd server, long untilNanos) {
    return flows.stream().map(flow -> flow.record(server, untilNanos)).toList();
  }

  /** After the end: the new connections, without those that were still waiting. */
  public List<ConnectionRecord> connections() {
    return List.copyOf(connections);
  }

  static InetSocketAddress socketAddress(IpAddress address, int port) {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(address.toBytes()), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of an impossible length", e);
    }
  }
}
