package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The messages of the link as an early Holdfast wrote and read them: heartbeat without the policy's
 * hash and without faults, no handovers, no request to tell everything anew. A copy of its own, on
 * purpose without a line of the codec that ships. <b>Do not change it</b>: it stands for the agents
 * that are out there while a cluster is being upgraded.
 */
final class FrozenLinkCodec {
  private FrozenLinkCodec() {}

  /** What it understood of a datagram: a line per message, unknown ones as "skipped". */
  static Map<String, String> read(ByteBuffer plain) {
    Map<String, String> read = new TreeMap<>();
    int at = plain.position();
    while (at < plain.limit()) {
      int type = plain.getShort(at) & 0xffff;
      int length = plain.getShort(at + 2) & 0xffff;
      ByteBuffer body = plain.slice(at + 4, length);
      switch (type) {
        case 1 -> heartbeat(body, read);
        case 2 -> read.put("flows", body.getInt(2) + "/" + body.getLong(6));
        case 3 -> received(body, read);
        case 5 -> read.put("barrier", "" + field(fields(body), 1).getLong(0));
        default -> read.merge("skipped", "" + type, (a, b) -> a + "," + b);
      }
      at += 4 + length;
    }
    return read;
  }

  private static void heartbeat(ByteBuffer body, Map<String, String> read) {
    Map<Integer, ByteBuffer> fields = fields(body);
    read.put("hearing", "" + field(fields, 1).get(0));
    read.put("interval", "" + field(fields, 2).getInt(0));
    read.put("newest", "" + field(fields, 3).getLong(0));
    read.put("holds", "" + field(fields, 4).getLong(0));
    Map<Integer, ByteBuffer> state = fields(field(fields, 5));
    read.put("role", "" + field(state, 1).get(0));
    read.put("priority", "" + (field(state, 2).get(0) & 0xff));
    read.put("generation", "" + field(state, 5).getLong(0));
  }

  private static void received(ByteBuffer body, Map<String, String> read) {
    Map<Integer, ByteBuffer> fields = fields(body);
    read.put("stream", "" + field(fields, 1).getInt(0));
    read.put("last", "" + field(fields, 2).getLong(0));
    read.put("accepted", Long.toHexString(field(fields, 3).getLong(0)));
  }

  private static Map<Integer, ByteBuffer> fields(ByteBuffer body) {
    Map<Integer, ByteBuffer> fields = new TreeMap<>();
    int at = 0;
    while (at < body.limit()) {
      int length = body.getShort(at + 2) & 0xffff;
      fields.put(body.getShort(at) & 0xffff, body.slice(at + 4, length));
      at += 4 + length;
    }
    return fields;
  }

  private static ByteBuffer field(Map<Integer, ByteBuffer> fields, int number) {
    return Objects.requireNonNull(fields.get(number), () -> "field " + number);
  }

  /** A heartbeat as it wrote it. */
  static void writeHeartbeat(ByteBuffer into, int role, int priority, long newest, long holds) {
    ByteBuffer state = ByteBuffer.allocate(100);
    field(state, 1, new byte[] {(byte) role});
    field(state, 2, new byte[] {(byte) priority});
    field(state, 3, new byte[] {0});
    field(state, 4, new byte[] {1});
    field(state, 5, bytes(4));
    field(state, 7, "0.0.9".getBytes(StandardCharsets.US_ASCII));
    ByteBuffer body = ByteBuffer.allocate(200);
    field(body, 1, new byte[] {1});
    field(body, 2, new byte[] {0, 0, 0x4e, 0x20});
    field(body, 3, bytes(newest));
    field(body, 4, bytes(holds));
    field(body, 5, taken(state));
    field(into, 1, taken(body));
  }

  /** What it answered about frames. */
  static void writeReceived(ByteBuffer into, int stream, long last, long accepted) {
    ByteBuffer body = ByteBuffer.allocate(100);
    field(body, 1, new byte[] {0, 0, 0, (byte) stream});
    field(body, 2, bytes(last));
    field(body, 3, bytes(accepted));
    field(into, 3, taken(body));
  }

  private static void field(ByteBuffer into, int number, byte[] value) {
    into.putShort((short) number).putShort((short) value.length).put(value);
  }

  private static byte[] bytes(long value) {
    return ByteBuffer.allocate(8).putLong(value).array();
  }

  private static byte[] taken(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.position()];
    buffer.get(0, bytes);
    return bytes;
  }
}
