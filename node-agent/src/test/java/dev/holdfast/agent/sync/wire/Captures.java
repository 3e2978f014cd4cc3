package dev.holdfast.agent.sync.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The captures under {@code vectors/conntrackd}: every message's bytes beside what they mean. */
public final class Captures {
  static final List<String> NAMES =
      List.of(
          "alarm-mcast",
          "ftfw-basic",
          "ftfw-bulk",
          "ftfw-failover",
          "ftfw-nack",
          "ftfw-proto",
          "ftfw-restart",
          "ftfw-resync",
          "ftfw-tcp",
          "ftfw-udp-unicast-wscale",
          "notrack-mcast",
          "notrack-poll",
          "notrack-startup-nocache");

  private static final int PCAP_HEADER = 24;
  private static final int RECORD_HEADER = 16;
  private static final int ETHERNET = 14;
  private static final int UDP_HEADER = 8;

  /** One message as it was on the wire, and the JSON object that describes it. */
  @SuppressWarnings("ArrayRecordComponent") // a test vector: nobody compares or changes it
  record Message(String capture, int frame, String sender, byte[] bytes, JsonNode expected) {}

  /**
   * One datagram as it was on the wire.
   *
   * @param frame its number in the capture, from 1
   * @param atNanos since the first frame
   * @param payload big endian, at its beginning
   */
  public record Datagram(int frame, long atNanos, String sender, ByteBuffer payload) {}

  private Captures() {}

  /** All datagrams of a capture over UDP. */
  public static List<Datagram> datagrams(String name) {
    try {
      Map<Integer, byte[]> payloads = payloads(resource(name + ".pcap"));
      var datagrams = new ArrayList<Datagram>();
      for (JsonNode json : new ObjectMapper().readTree(resource(name + ".json"))) {
        int frame = json.get("frame").asInt();
        byte[] payload = payloads.getOrDefault(frame, new byte[0]);
        long atNanos = Math.round(json.get("t").asDouble() * 1e9);
        datagrams.add(
            new Datagram(frame, atNanos, json.get("src").asText(), ByteBuffer.wrap(payload)));
      }
      return datagrams;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Message> all() {
    return NAMES.stream().flatMap(name -> read(name).stream()).toList();
  }

  static List<Message> read(String name) {
    try {
      JsonNode json = new ObjectMapper().readTree(resource(name + ".json"));
      return messages(name, payloads(resource(name + ".pcap")), json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Message> messages(
      String name, Map<Integer, byte[]> payloads, JsonNode datagrams) {
    var messages = new ArrayList<Message>();
    Map<String, ByteArrayOutputStream> streams = new HashMap<>();
    for (JsonNode datagram : datagrams) {
      int frame = datagram.get("frame").asInt();
      String sender = datagram.get("src").asText();
      // A TCP segment may end in the middle of a message: what is left stays for the next one.
      var stream = streams.computeIfAbsent(sender, _ -> new ByteArrayOutputStream());
      stream.writeBytes(payloads.getOrDefault(frame, new byte[0]));
      byte[] bytes = stream.toByteArray();
      int at = 0;
      for (JsonNode message : datagram.get("messages")) {
        int end = at + message.get("length").asInt();
        messages.add(new Message(name, frame, sender, Arrays.copyOfRange(bytes, at, end), message));
        at = end;
      }
      stream.reset();
      stream.write(bytes, at, bytes.length - at);
    }
    return messages;
  }

  /** Frame number → UDP or TCP payload. */
  private static Map<Integer, byte[]> payloads(byte[] pcap) {
    ByteBuffer in = ByteBuffer.wrap(pcap).order(ByteOrder.LITTLE_ENDIAN);
    var payloads = new HashMap<Integer, byte[]>();
    int frame = 0;
    for (int at = PCAP_HEADER; at < pcap.length; ) {
      int captured = in.getInt(at + 8);
      int start = at + RECORD_HEADER;
      payloads.put(++frame, payload(Arrays.copyOfRange(pcap, start, start + captured)));
      at = start + captured;
    }
    return payloads;
  }

  private static byte[] payload(byte[] frame) {
    ByteBuffer in = ByteBuffer.wrap(frame);
    int ipHeader = (frame[ETHERNET] & 0x0f) * 4;
    int end = ETHERNET + (in.getShort(ETHERNET + 2) & 0xffff);
    int transport = ETHERNET + ipHeader;
    boolean udp = frame[ETHERNET + 9] == 17;
    int header = udp ? UDP_HEADER : (frame[transport + 12] >> 4 & 0x0f) * 4;
    return Arrays.copyOfRange(frame, transport + header, end);
  }

  private static byte[] resource(String file) throws IOException {
    try (InputStream in = Captures.class.getResourceAsStream("/vectors/conntrackd/" + file)) {
      if (in == null) {
        throw new IOException("no capture " + file);
      }
      return in.readAllBytes();
    }
  }
}
