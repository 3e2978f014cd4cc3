package dev.holdfast.lab.measure.traffic;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.net.Host;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fills the routers' connection tables: opens TCP connections with three segments each, made by
 * hand at both ends, which only the routers on the way take for real. They are established there
 * and stay for as long as the kernel keeps established connections, without a socket anywhere.
 *
 * <p>A connection is its client's port and one of twenty server ports. So many are under way at
 * once; what got no answer is tried again.
 */
public final class TableFiller extends LabThread {

  static final int FIRST_PORT = 7100;
  static final int LAST_PORT = 7119;

  private static final int FIRST_CLIENT_PORT = 10_000;
  private static final int CLIENT_PORTS = 50_000;

  /** All client ports with all server ports. */
  public static final int MOST = CLIENT_PORTS * (LAST_PORT - FIRST_PORT + 1);

  private static final int UNDER_WAY_MAX = 256;
  private static final int RECEIVE_BUFFER_BYTES = 16 << 20;
  private static final long WAIT_NANOS = 2_000_000;
  private static final long RETRY_NANOS = 500_000_000;
  private static final int FIRST_SEQUENCE = 0x1000_0000;
  private static final Pattern NEXT_HOP = Pattern.compile("via ([0-9.]+)");
  private static final Pattern LINK_ADDRESS = Pattern.compile("lladdr ([0-9a-f:]{17})");

  private final Host host;
  private final Ipv4Address own;
  private final Ipv4Address server;
  private final int wanted;
  private final BitSet established = new BitSet();
  private final SegmentFrame segment = new SegmentFrame();
  private @Nullable PacketSocket socket;
  private int interfaceIndex;
  private MacAddress gateway = MacAddress.BROADCAST;
  private int done;
  private volatile int count;

  /**
   * @param wanted connections, 1 to {@link #MOST}
   */
  public TableFiller(Host host, Ipv4Address own, Ipv4Address server, int wanted) {
    super(host.namespace(), "table-" + host.name());
    if (wanted < 1 || wanted > MOST) {
      throw new IllegalArgumentException(
          "further connections are 1 to " + MOST + ", not " + wanted);
    }
    this.host = host;
    this.own = own;
    this.server = server;
    this.wanted = wanted;
  }

  @Override
  protected void open() {
    silence(host, "add", "dport");
    interfaceIndex = Names.interfaceIndex(host.attachment().interfaceName());
    gateway = gateway();
    socket =
        PacketSocket.receiver(
            interfaceIndex,
            PacketSocket.ETHERTYPE_IPV4,
            new PacketSocket.Options(
                false, true, RECEIVE_BUFFER_BYTES, SegmentFrame.from(FIRST_PORT, LAST_PORT)));
  }

  /**
   * The host's own TCP knows none of these connections: its resets must not leave.
   *
   * @param action {@code add} or {@code del}
   * @param side of the server's port in what the host would send
   */
  static void silence(Host host, String action, String side) {
    String ports = FIRST_PORT + "-" + LAST_PORT;
    host.namespace().run("ip", "rule", action, "blackhole", "ipproto", "tcp", side, ports);
  }

  /** Where the host itself sends what is for the server; other traffic has asked already. */
  private MacAddress gateway() {
    Matcher hop = NEXT_HOP.matcher(host.namespace().run("ip", "route", "get", server.toString()));
    String address = hop.find() ? hop.group(1) : server.toString();
    Matcher link = LINK_ADDRESS.matcher(host.namespace().run("ip", "neigh", "show", address));
    if (!link.find()) {
      throw new LabException(host.name() + " does not know where its gateway " + address + " is");
    }
    return MacAddress.parse(link.group(1));
  }

  @Override
  protected void work() {
    PacketSocket io = socket;
    if (io == null) {
      throw new IllegalStateException("not opened");
    }
    ByteBuffer frame = io.frame().duplicate().order(ByteOrder.BIG_ENDIAN).clear();
    int next = 0;
    int sent = 0;
    long progressAt = System.nanoTime();
    while (!stopping() && count < wanted) {
      if (next < wanted && sent - count < UNDER_WAY_MAX) {
        next = established.nextClearBit(next);
        if (next < wanted) {
          send(io, next++, SegmentFrame.SYN, FIRST_SEQUENCE, 0);
          sent++;
        }
      }
      boolean mustWait = next >= wanted || sent - count >= UNDER_WAY_MAX;
      if (receive(io, frame, mustWait ? WAIT_NANOS : 0)) {
        progressAt = System.nanoTime();
      } else if (mustWait && System.nanoTime() - progressAt > RETRY_NANOS) {
        // What is under way is lost: begin again with the first that is missing.
        next = 0;
        sent = count;
        progressAt = System.nanoTime();
      }
    }
  }

  private boolean receive(PacketSocket io, ByteBuffer frame, long waitNanos) {
    boolean some = false;
    int length;
    while ((length = io.receive(some ? 0 : waitNanos)) > 0) {
      some = true;
      int index =
          (SegmentFrame.sourcePort(frame) - FIRST_PORT) * CLIENT_PORTS
              + SegmentFrame.destinationPort(frame)
              - FIRST_CLIENT_PORT;
      boolean answer =
          SegmentFrame.whole(frame, length)
              && SegmentFrame.flags(frame) == (SegmentFrame.SYN | SegmentFrame.ACK);
      if (answer && index >= 0 && index < wanted) {
        int acknowledged = SegmentFrame.sequence(frame) + 1;
        send(io, index, SegmentFrame.ACK, FIRST_SEQUENCE + 1, acknowledged);
        if (!established.get(index)) {
          established.set(index);
          count = ++done;
        }
      }
    }
    return some;
  }

  private void send(PacketSocket out, int index, int flags, int sequence, int acknowledged) {
    out.send(
        interfaceIndex,
        segment.write(
            host.attachment().mac(),
            gateway,
            own,
            FIRST_CLIENT_PORT + index % CLIENT_PORTS,
            server,
            FIRST_PORT + index / CLIENT_PORTS,
            flags,
            sequence,
            acknowledged));
  }

  /** How many are established, as far as this host can tell. */
  public int established() {
    return count;
  }

  public boolean complete() {
    return count >= wanted;
  }

  @Override
  protected void wake() {
    PacketSocket in = socket;
    if (in != null) {
      in.wake();
    }
  }

  @Override
  protected void release() {
    if (socket != null) {
      socket.close();
      silence(host, "del", "dport");
    }
  }
}
