package dev.holdfast.lab.measure.traffic;

import dev.holdfast.lab.measure.judge.FlowKind;
import dev.holdfast.lab.net.Namespace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The far end of the long flows and the short connections: answers what comes in on an echo port,
 * and sends numbered messages by itself on a push port.
 *
 * <p>Every message that leaves carries the number of its connection here, so that the client can
 * say which of our connections was its own: a reset that only this end sees (the peer router
 * answers our segment with one) is a reset of the flow.
 */
public final class TcpServer extends SelectingThread implements FarEnd {

  private static final int BACKLOG = 4096;
  private static final int ROOM_BYTES = 64 << 10;

  /**
   * What happens on a port.
   *
   * @param port bound on every address of the host, both families
   * @param intervalMillis between two messages of a push flow; 1 and more
   */
  public record Listener(int port, FlowKind kind, int intervalMillis) {}

  private static final long NEVER = Long.MAX_VALUE;

  private final Origin origin;
  private final List<Listener> listeners;
  private final List<ServerSocketChannel> sockets = new ArrayList<>();
  private final List<Accepted> connections = new ArrayList<>();
  private final Map<Integer, TickWheel<Accepted>> wheels = new TreeMap<>();
  private final ByteBuffer room = ByteBuffer.allocateDirect(ROOM_BYTES);

  /**
   * @param name of the thread
   */
  public TcpServer(Namespace namespace, String name, List<Listener> listeners, Origin origin) {
    super(namespace, name);
    this.listeners = List.copyOf(listeners);
    this.origin = origin;
  }

  @Override
  protected void open() throws IOException {
    super.open();
    for (Listener listener : listeners) {
      ServerSocketChannel socket = ServerSocketChannel.open();
      sockets.add(socket);
      socket.configureBlocking(false);
      socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      socket.bind(new InetSocketAddress(listener.port()), BACKLOG);
      socket.register(selector(), SelectionKey.OP_ACCEPT, listener);
    }
  }

  @Override
  protected void work() throws IOException {
    Selector ready = selector();
    while (!stopping()) {
      for (TickWheel<Accepted> wheel : wheels.values()) {
        wheel.advance(System.nanoTime(), this::push);
      }
      ready.select(this::serve, 1);
    }
  }

  private void serve(SelectionKey key) {
    if (key.attachment() instanceof Listener listener) {
      accept(key, listener);
    } else if (key.attachment() instanceof Accepted connection) {
      exchange(key, connection);
    }
  }

  private void accept(SelectionKey key, Listener listener) {
    try {
      SocketChannel channel;
      while ((channel = ((ServerSocketChannel) key.channel()).accept()) != null) {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        var connection = new Accepted(channel, connections.size(), listener.kind());
        connections.add(connection);
        channel.register(key.selector(), SelectionKey.OP_READ, connection);
        if (listener.kind() == FlowKind.PUSH) {
          wheels
              .computeIfAbsent(listener.intervalMillis(), TickWheel<Accepted>::new)
              .add(connection);
        }
      }
    } catch (IOException _) {
      // The client gave up between its segment and our accept; it will say so itself.
    }
  }

  private void exchange(SelectionKey key, Accepted connection) {
    try {
      if (key.isWritable()) {
        if (connection.flush()) {
          key.interestOps(SelectionKey.OP_READ);
        }
        return;
      }
      boolean more = connection.read(room);
      if (connection.kind == FlowKind.ECHO && room.hasRemaining()) {
        stamp(connection.id);
        if (!connection.sendAll(room)) {
          // Nothing is read before what we owe has left: the client is held back, as TCP means it.
          key.interestOps(SelectionKey.OP_WRITE);
        }
      }
      if (!more) {
        connection.closeQuietly();
      }
    } catch (IOException _) {
      connection.resetNanos = origin.sinceNanos();
      connection.closeQuietly();
    }
  }

  /** Our connection's number in place of the client's, in every message of {@link #room}. */
  private void stamp(int id) {
    for (int at = 0; at < room.limit(); at += MessageChannel.MESSAGE_BYTES) {
      room.putInt(at, id);
    }
  }

  private void push(Accepted connection) {
    if (!connection.channel.isOpen()) {
      return;
    }
    try {
      if (connection.send(room, connection.id, connection.pushed)) {
        connection.pushed++;
      }
    } catch (IOException _) {
      connection.resetNanos = origin.sinceNanos();
      connection.closeQuietly();
    }
  }

  @Override
  protected void release() throws IOException {
    for (ServerSocketChannel socket : sockets) {
      socket.close();
    }
    connections.forEach(MessageChannel::abort);
    super.release();
  }

  @Override
  public boolean wasReset(int id, long untilNanos) {
    return id >= 0 && id < connections.size() && connections.get(id).resetNanos < untilNanos;
  }

  /** After the end: when each connection that was reset was, since the origin. */
  Map<Integer, Long> resets() {
    var resets = new TreeMap<Integer, Long>();
    for (Accepted connection : connections) {
      if (connection.resetNanos != NEVER) {
        resets.put(connection.id, connection.resetNanos);
      }
    }
    return resets;
  }

  private static final class Accepted extends MessageChannel {
    private final int id;
    private final FlowKind kind;
    private long pushed;
    private long resetNanos = NEVER;

    Accepted(SocketChannel channel, int id, FlowKind kind) {
      super(channel);
      this.id = id;
      this.kind = kind;
    }

    @Override
    void message(int id, long number) {
      // Order is judged where the flow began; here messages are only sent back.
    }
  }
}
