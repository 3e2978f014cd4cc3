package dev.holdfast.agent.vrrp.wire;

import dev.holdfast.api.addr.IpAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The captured frames of {@code vectors/vrrp}, each with the row that says what is in it. */
public final class Captures {

  private static final int PCAP_HEADER = 24;
  private static final int RECORD_HEADER = 16;
  private static final int ETHERNET = 14;

  private static final String COLUMNS =
      "file frame t_ms kind src_mac dst_mac src_ip dst_ip ttl tos ip_id ver vrid prio count"
          + " auth_or_rsvd adv checksum ck_mode addrs trailer_or_note";

  /** One frame. */
  public static final class Frame {
    private final Map<String, String> row;
    private final byte[] bytes;

    private Frame(Map<String, String> row, byte[] bytes) {
      this.row = row;
      this.bytes = bytes;
    }

    public String get(String column) {
      return Objects.requireNonNull(row.get(column), column);
    }

    int number(String column) {
      return Integer.decode(get(column));
    }

    IpAddress source() {
      return IpAddress.parse(get("src_ip"));
    }

    IpAddress destination() {
      return IpAddress.parse(get("dst_ip"));
    }

    List<IpAddress> addresses() {
      return get("addrs").equals("-")
          ? List.of()
          : Arrays.stream(get("addrs").split(",", -1)).map(IpAddress::parse).toList();
    }

    /** Hundredths of a second, whichever unit the row has. */
    int intervalCentis() {
      String adv = get("adv");
      return adv.endsWith("cs")
          ? Integer.parseInt(adv.replace("cs", ""))
          : 100 * Integer.parseInt(adv.replace("s", ""));
    }

    String file() {
      return get("file").replace(".pcap", "");
    }

    /** The whole frame. */
    ByteBuffer ethernet() {
      return ByteBuffer.wrap(bytes);
    }

    /** From the IP header on. */
    ByteBuffer ip() {
      return ByteBuffer.wrap(bytes, ETHERNET, bytes.length - ETHERNET).slice();
    }

    public byte[] toBytes() {
      return bytes.clone();
    }

    public boolean isVrrp() {
      return get("kind").startsWith("VRRP");
    }

    /** True when it was made by hand. */
    public boolean isCrafted() {
      return file().endsWith("injection") && get("src_mac").equals("02:00:00:00:00:03");
    }

    @Override
    public String toString() {
      return file() + " frame " + get("frame") + " " + get("kind");
    }
  }

  private Captures() {}

  static List<Frame> all() {
    var frames = new ArrayList<Frame>();
    var packets = new HashMap<String, List<byte[]>>();
    String[] columns = COLUMNS.split(" ", -1);
    for (String line :
        new String(resource("frames.tsv"), StandardCharsets.UTF_8).lines().toList()) {
      String[] cells = line.split("\t", -1);
      if (cells[0].equals("file")) {
        continue;
      }
      var row = new HashMap<String, String>();
      for (int i = 0; i < cells.length; i++) {
        row.put(columns[i], cells[i]);
      }
      byte[] packet =
          packets.computeIfAbsent(cells[0], Captures::packets).get(Integer.parseInt(cells[1]) - 1);
      frames.add(new Frame(row, packet));
    }
    return frames;
  }

  public static List<Frame> of(String file) {
    return all().stream().filter(frame -> frame.file().equals(file)).toList();
  }

  private static List<byte[]> packets(String file) {
    ByteBuffer pcap = ByteBuffer.wrap(resource(file)).order(ByteOrder.LITTLE_ENDIAN);
    var packets = new ArrayList<byte[]>();
    pcap.position(PCAP_HEADER);
    while (pcap.hasRemaining()) {
      int length = pcap.getInt(pcap.position() + 8);
      pcap.position(pcap.position() + RECORD_HEADER);
      byte[] packet = new byte[length];
      pcap.get(packet);
      packets.add(packet);
    }
    return packets;
  }

  private static byte[] resource(String name) {
    try (InputStream in = Captures.class.getResourceAsStream("/vectors/vrrp/" + name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
