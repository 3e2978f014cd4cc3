package dev.holdfast.lab.measure.traffic;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.lab.net.Host;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** The far end of the connections that {@link TableFiller} makes: answers every SYN, keeps none. */
public final class TableAnswerer extends LabThread {

  private static final int RECEIVE_BUFFER_BYTES = 16 << 20;
  private static final int FIRST_SEQUENCE = 0x4000_0000;

  private final Host host;
  private final Ipv4Address address;
  private final SegmentFrame segment = new SegmentFrame();
  private @Nullable PacketSocket socket;

  public TableAnswerer(Host host, Ipv4Address address) {
    super(host.namespace(), "table-" + host.name());
    this.host = host;
    this.address = address;
  }

  @Override
  protected void open() {
    TableFiller.silence(host, "add", "sport");
    socket =
        PacketSocket.receiver(
            Names.interfaceIndex(host.attachment().interfaceName()),
            PacketSocket.ETHERTYPE_IPV4,
            new PacketSocket.Options(
                false,
                true,
                RECEIVE_BUFFER_BYTES,
                SegmentFrame.to(TableFiller.FIRST_PORT, TableFiller.LAST_PORT)));
  }

  @Override
  protected void work() {
    PacketSocket in = socket;
    if (in == null) {
      throw new IllegalStateException("not opened");
    }
    ByteBuffer frame = in.frame().duplicate().order(ByteOrder.BIG_ENDIAN).clear();
    while (!stopping()) {
      int length = in.receive(Receive.FOREVER);
      if (length > 0
          && SegmentFrame.whole(frame, length)
          && SegmentFrame.flags(frame) == SegmentFrame.SYN) {
        answer(in, frame);
      }
    }
  }

  private void answer(PacketSocket out, ByteBuffer syn) {
    Ipv4Address client = SegmentFrame.source(syn);
    int clientPort = SegmentFrame.sourcePort(syn);
    int ownPort = SegmentFrame.destinationPort(syn);
    out.send(
        out.interfaceIndex(),
        segment.write(
            host.attachment().mac(),
            SegmentFrame.sender(syn),
            address,
            ownPort,
            client,
            clientPort,
            SegmentFrame.SYN | SegmentFrame.ACK,
            FIRST_SEQUENCE,
            SegmentFrame.sequence(syn) + 1));
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
      TableFiller.silence(host, "del", "sport");
    }
  }
}
