package dev.holdfast.lab.measure.traffic;

import dev.holdfast.agent.linux.Clocks;
import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.measure.judge.ProbeTrace;
import dev.holdfast.lab.net.Host;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.DatagramChannel;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One end of the probes: sends a numbered datagram each millisecond and notes which of the other
 * end's came in, and when.
 *
 * <p>The end without a target of its own answers to wherever the other end's latest probe came from
 * (behind a translation that is the only address it can know). What comes in is read from a packet
 * socket: its buffer is as large as we want, and the kernel's stamp says when a probe really came,
 * however late this thread looks. A tick that was missed is left out and not made up for: a pause
 * of this thread is no burst.
 */
public final class Prober extends LabThread {

  private static final long INTERVAL_NANOS = 1_000_000;
  private static final int RECEIVE_BUFFER_BYTES = 16 << 20;

  private final Host host;
  private final Family family;
  private final int port;
  private final Origin origin;
  private final ProbeFrame codec;
  private final @Nullable InetSocketAddress fixedTarget;
  private final SampleSeries sent = new SampleSeries(ProbeTrace.LOST);
  private final SampleSeries received = new SampleSeries(ProbeTrace.LOST);
  private final ByteBuffer payload = ByteBuffer.allocateDirect(ProbeFrame.PAYLOAD_BYTES);

  private @Nullable DatagramChannel channel;
  private @Nullable PacketSocket capture;
  private @Nullable InetSocketAddress target;
  private byte[] targetBytes = {};
  private volatile int sentCount;
  private volatile long lastReceivedNanos = Long.MIN_VALUE;
  private final AtomicInteger mappingChanges = new AtomicInteger();
  private volatile long unread;
  private volatile boolean sending = true;

  /**
   * @param host whose end this is
   * @param port to bind
   * @param stream the same at both ends
   * @param target where the other end is; null: where its probes come from
   */
  public Prober(
      Host host, Family family, int port, int stream, @Nullable IpAddress target, Origin origin) {
    super(host.namespace(), "probe-" + host.name());
    this.host = host;
    this.family = family;
    this.port = port;
    this.origin = origin;
    codec = new ProbeFrame(family, stream);
    fixedTarget = target == null ? null : new InetSocketAddress(inet(target.toBytes()), port);
    this.target = fixedTarget;
  }

  @Override
  protected void open() throws IOException {
    DatagramChannel opened = DatagramChannel.open();
    channel = opened;
    opened.configureBlocking(false);
    IpAddress own =
        host.address(family)
            .orElseThrow(() -> new LabException(host.name() + " has no address of " + family));
    opened.bind(new InetSocketAddress(inet(own.toBytes()), port));
    int index = Names.interfaceIndex(host.attachment().interfaceName());
    capture =
        PacketSocket.receiver(
            index,
            family == Family.IPV4 ? PacketSocket.ETHERTYPE_IPV4 : PacketSocket.ETHERTYPE_IPV6,
            new PacketSocket.Options(
                false, true, RECEIVE_BUFFER_BYTES, ProbeFrame.to(family, port)));
  }

  @Override
  protected void work() throws IOException {
    DatagramChannel out = opened(channel);
    PacketSocket in = opened(capture);
    // The socket's own view is in native order; the wire's is big-endian.
    ByteBuffer frame = in.frame().duplicate().order(ByteOrder.BIG_ENDIAN).clear();
    long next = System.nanoTime();
    while (!stopping()) {
      readAll(in, frame);
      long now = System.nanoTime();
      if (now - next >= 0) {
        InetSocketAddress to = target;
        if (sending && to != null && sentCount < SampleSeries.CAPACITY) {
          send(out, to);
        }
        next += INTERVAL_NANOS * (1 + (now - next) / INTERVAL_NANOS);
      }
      LockSupport.parkNanos(next - System.nanoTime());
    }
    readAll(in, frame);
    unread = in.dropped();
  }

  private void send(DatagramChannel out, InetSocketAddress to) {
    int number = sentCount;
    codec.write(payload, number);
    sent.setFirst(number, origin.sinceNanos());
    try {
      out.send(payload, to);
    } catch (IOException _) {
      // No route, no neighbour, a full queue: the probe is lost, and that is what it is for.
    }
    sentCount = number + 1;
  }

  private void readAll(PacketSocket in, ByteBuffer frame) {
    int length;
    while ((length = in.receive(0)) > 0) {
      long number = codec.number(frame, length);
      if (number < 0 || number >= SampleSeries.CAPACITY) {
        continue;
      }
      long at = origin.sinceNanos(Clocks.arrivalNanos(in.stampNanos()));
      received.setFirst((int) number, at);
      lastReceivedNanos = at;
      if (fixedTarget == null && (target == null || !codec.from(frame, targetBytes))) {
        follow(codec.endpoint(frame));
      }
    }
  }

  private void follow(byte[] endpoint) {
    int length = endpoint.length - 2;
    int fromPort = (endpoint[length] & 0xff) << 8 | endpoint[length + 1] & 0xff;
    if (target != null) {
      mappingChanges.incrementAndGet();
    }
    target = new InetSocketAddress(inet(Arrays.copyOf(endpoint, length)), fromPort);
    targetBytes = endpoint;
  }

  @Override
  protected void release() throws IOException {
    if (channel != null) {
      channel.close();
    }
    if (capture != null) {
      capture.close();
    }
  }

  /** Sends no more, and goes on listening for what is on its way. */
  public void stopSending() {
    sending = false;
  }

  /** When the other end's latest probe came, since the origin; very negative before the first. */
  public long lastReceivedNanos() {
    return lastReceivedNanos;
  }

  /** How often the other end's address or port became another: its translation was lost. */
  public int mappingChanges() {
    return mappingChanges.get();
  }

  /** After the end: probes that came in and that our buffer had no room for. */
  public long unread() {
    return unread;
  }

  /** After the end of both: what became of the probes that this end sent to {@code other}. */
  public ProbeTrace traceTo(String path, Prober other) {
    return new ProbeTrace(path, sent.first(sentCount), other.received.first(sentCount));
  }

  private static <T> T opened(@Nullable T resource) {
    if (resource == null) {
      throw new IllegalStateException("not opened");
    }
    return resource;
  }

  private static InetAddress inet(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
    }
  }
}
