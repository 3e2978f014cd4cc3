package dev.holdfast.lab.measure.traffic;

import dev.holdfast.lab.net.Host;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The far end of the flows of a {@link DatagramClient}. It knows a flow by the number in its
 * messages, and speaks to the address that the first one came from. A flow that comes from another
 * address later has lost its translation, and with it, for most protocols, its life.
 */
public final class DatagramServer extends SelectingThread {

  static final int FIRST_PORT = 7200;
  static final int ROOM_BYTES = 2048;
  private static final int PORTS = 500;

  /** All of the near end's sockets with all ports. */
  public static final int MOST = DatagramClient.SOCKETS * PORTS;

  private static final long NEVER = Long.MAX_VALUE;

  private final Origin origin;
  private final @Nullable Flow[] flows;
  private final TickWheel<Flow> wheel = new TickWheel<>(DatagramClient.INTERVAL_MILLIS);
  private final List<DatagramChannel> channels = new ArrayList<>();
  private final ByteBuffer room = ByteBuffer.allocateDirect(ROOM_BYTES);

  private static final class Flow {
    final int id;
    final DatagramChannel channel;
    final SocketAddress speaker;
    long pushed;
    long movedNanos = NEVER;

    Flow(int id, DatagramChannel channel, SocketAddress speaker) {
      this.id = id;
      this.channel = channel;
      this.speaker = speaker;
    }
  }

  /**
   * @param wanted flows, 1 to {@link #MOST}
   */
  public DatagramServer(Host host, int wanted, Origin origin) {
    super(host.namespace(), "datagrams-" + host.name());
    if (wanted < 1 || wanted > MOST) {
      throw new IllegalArgumentException("UDP flows are 1 to " + MOST + ", not " + wanted);
    }
    this.origin = origin;
    flows = new Flow[wanted];
  }

  /** Where a flow's far end listens. */
  static int port(int id) {
    return FIRST_PORT + id / DatagramClient.SOCKETS;
  }

  @Override
  protected void open() throws IOException {
    super.open();
    for (int port = FIRST_PORT; port <= port(flows.length - 1); port++) {
      DatagramChannel channel = DatagramChannel.open();
      channels.add(channel);
      channel.configureBlocking(false);
      channel.bind(new InetSocketAddress(port));
      channel.register(selector(), SelectionKey.OP_READ, channel);
    }
  }

  @Override
  protected void work() throws IOException {
    Selector ready = selector();
    while (!stopping()) {
      wheel.advance(System.nanoTime(), this::push);
      ready.select(this::serve, 1);
    }
  }

  private void push(Flow flow) {
    room.clear();
    room.putInt(flow.id).putInt(1).putLong(flow.pushed++).flip();
    send(flow.channel, flow.speaker);
  }

  private void serve(SelectionKey key) {
    try {
      DatagramChannel channel = (DatagramChannel) key.channel();
      SocketAddress speaker;
      while ((speaker = channel.receive(room.clear())) != null) {
        room.flip();
        if (room.remaining() == MessageChannel.MESSAGE_BYTES) {
          received(channel, speaker);
        }
      }
    } catch (IOException _) {
      // An ICMP answer to an earlier datagram: the near end will say what it missed.
    }
  }

  private void received(DatagramChannel channel, SocketAddress speaker) {
    int id = room.getInt(0);
    if (id < 0 || id >= flows.length) {
      return;
    }
    boolean pushed = room.getInt(4) != 0;
    Flow flow = flows[id];
    if (flow == null) {
      flow = new Flow(id, channel, speaker);
      flows[id] = flow;
      if (pushed) {
        wheel.add(flow);
      }
    } else if (!flow.speaker.equals(speaker) && flow.movedNanos == NEVER) {
      flow.movedNanos = origin.sinceNanos();
    }
    if (!pushed) {
      send(channel, speaker);
    }
  }

  private void send(DatagramChannel channel, SocketAddress target) {
    try {
      channel.send(room, target);
    } catch (IOException _) {
      // A full queue: the datagram is lost, and another follows.
    }
  }

  /** After the end: true when the flow came from another address before that moment. */
  boolean moved(int id, long untilNanos) {
    Flow flow = flows[id];
    return flow != null && flow.movedNanos < untilNanos;
  }

  @Override
  protected void release() throws IOException {
    for (DatagramChannel channel : channels) {
      channel.close();
    }
    super.release();
  }
}
