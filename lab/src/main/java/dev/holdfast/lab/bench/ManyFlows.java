package dev.holdfast.lab.bench;

import dev.holdfast.api.addr.Family;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.Pause;
import dev.holdfast.lab.measure.traffic.LabThread;
import dev.holdfast.lab.net.Host;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Numbered datagrams on many flows in turn, from one host to ports of another that sends them back:
 * which of them were lost on the way there or back.
 */
final class ManyFlows implements AutoCloseable {

  private static final int FIRST_PORT = 20_000;
  private static final int ECHO_PORT = 7;
  private static final int BUFFER_BYTES = 4 << 20;
  private static final long STRAGGLER_MILLIS = 500;
  private static final long BEGUN_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final int flows;
  private final Echo echo;
  private final Sender sender;

  /**
   * Begins to send, and returns when every flow has been answered.
   *
   * @param flows a port of the server each
   * @param perSecond datagrams on all flows together
   */
  ManyFlows(Host client, Host server, int flows, int perSecond) {
    this.flows = flows;
    echo = new Echo(server);
    server
        .namespace()
        .run(
            ("iptables-nft -w -t nat -A PREROUTING -p udp --dport "
                    + FIRST_PORT
                    + ":"
                    + (FIRST_PORT + flows - 1)
                    + " -j REDIRECT --to-ports "
                    + ECHO_PORT)
                .split(" ", -1));
    sender = new Sender(client, server, perSecond);
    echo.begin();
    sender.begin();
    awaitAll();
  }

  private void awaitAll() {
    long limit = System.nanoTime() + BEGUN_LIMIT_NANOS;
    while (sender.sent() < flows || sender.lost(0, flows) > 0) {
      if (System.nanoTime() - limit > 0) {
        close();
        throw new LabException("not every one of " + flows + " flows was answered");
      }
      if (sender.sent() >= 2 * flows && sender.lost(flows, sender.sent()) == 0) {
        return; // The first of a flow may have been lost while an address was asked for.
      }
      Pause.millis(50);
    }
  }

  /** How many were sent until now. */
  int sent() {
    return sender.sent();
  }

  /** Waits for what is on its way, and counts which of those sent since then did not come back. */
  int lostSince(int first) {
    int until = sender.sent();
    Pause.millis(STRAGGLER_MILLIS);
    echo.check();
    sender.check();
    return sender.lost(first, until);
  }

  @Override
  public void close() {
    sender.close();
    echo.close();
  }

  private static DatagramChannel open(Host host, int port) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
    channel.configureBlocking(false);
    channel.bind(new InetSocketAddress(address(host), port));
    return channel;
  }

  private static InetAddress address(Host host) {
    try {
      return InetAddress.getByAddress(host.address(Family.IPV4).orElseThrow().toBytes());
    } catch (IOException e) {
      throw new LabException("no address of " + host.name(), e);
    }
  }

  /** Sends back what comes. */
  private static final class Echo extends LabThread {
    private static final long LOOK_NANOS = 200_000;

    private final Host host;
    private @Nullable DatagramChannel channel;

    Echo(Host host) {
      super(host.namespace(), "many-echo");
      this.host = host;
    }

    @Override
    protected void open() throws IOException {
      channel = ManyFlows.open(host, ECHO_PORT);
    }

    @Override
    protected void work() throws IOException {
      DatagramChannel io = channel;
      ByteBuffer datagram = ByteBuffer.allocateDirect(64);
      while (io != null && !stopping()) {
        SocketAddress from = io.receive(datagram.clear());
        if (from == null) {
          LockSupport.parkNanos(LOOK_NANOS);
        } else {
          io.send(datagram.flip(), from);
        }
      }
    }

    @Override
    protected void release() throws IOException {
      if (channel != null) {
        channel.close();
      }
    }
  }

  /** Sends in turn, and notes what comes back. */
  private final class Sender extends LabThread {
    private final Host host;
    private final InetSocketAddress[] targets;
    private final long intervalNanos;
    private final BitSet received = new BitSet();
    private @Nullable DatagramChannel channel;
    private volatile int sent;

    Sender(Host host, Host server, int perSecond) {
      super(host.namespace(), "many-flows");
      this.host = host;
      intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
      targets = new InetSocketAddress[flows];
      for (int i = 0; i < flows; i++) {
        targets[i] = new InetSocketAddress(address(server), FIRST_PORT + i);
      }
    }

    int sent() {
      return sent;
    }

    int lost(int first, int until) {
      synchronized (received) {
        return until - first - received.get(first, until).cardinality();
      }
    }

    @Override
    protected void open() throws IOException {
      channel = ManyFlows.open(host, 0);
    }

    @Override
    protected void work() throws IOException {
      DatagramChannel io = channel;
      ByteBuffer datagram = ByteBuffer.allocateDirect(64);
      long next = System.nanoTime();
      while (io != null && !stopping()) {
        readAll(io, datagram);
        long now = System.nanoTime();
        if (now - next >= 0) {
          send(io, datagram);
          next += intervalNanos * (1 + (now - next) / intervalNanos);
        }
        LockSupport.parkNanos(next - System.nanoTime());
      }
    }

    private void send(DatagramChannel io, ByteBuffer datagram) {
      int number = sent;
      try {
        io.send(datagram.clear().putInt(number).flip(), targets[number % flows]);
      } catch (IOException e) {
        // The kernel said so at once: it counts as lost.
      }
      sent = number + 1;
    }

    private void readAll(DatagramChannel io, ByteBuffer datagram) throws IOException {
      while (io.receive(datagram.clear()) != null) {
        int number = datagram.flip().getInt();
        synchronized (received) {
          received.set(number);
        }
      }
    }

    @Override
    protected void release() throws IOException {
      if (channel != null) {
        channel.close();
      }
    }
  }
}
