package dev.holdfast.agent.sync.wire;

/**
 * The header of one message of a conntrackd datagram, and where its body lies. Mutable and reused:
 * {@link ConntrackdCodec#next} fills it.
 *
 * <pre>
 *  0               1               2               3
 * +-------+-------+---------------+-------------------------------+
 * |version| type  |     flags     |      length (big endian)      |
 * +-------+-------+---------------+-------------------------------+
 * |                  sequence number (big endian)                 |
 * +---------------------------------------------------------------+
 * |   acknowledgement, negative acknowledgement, resync request:  |
 * |   first and last sequence number of a range, both inclusive   |
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class SyncMessage {
  public static final int FLOW_NEW = 0;
  public static final int FLOW_UPDATE = 1;
  public static final int FLOW_DELETE = 2;
  public static final int EXPECT_NEW = 3;
  public static final int EXPECT_UPDATE = 4;
  public static final int EXPECT_DELETE = 5;
  public static final int CONTROL = 10;

  /** "Send me everything." */
  public static final int RESYNC = 0x02;

  /** The range was lost. */
  public static final int NACK = 0x04;

  /** The range was received. */
  public static final int ACK = 0x08;

  /** Nothing to say. */
  public static final int ALIVE = 0x10;

  /** "I have just started", on any type. */
  public static final int HELLO = 0x20;

  /** Answer to a hello, on any type. */
  public static final int HELLO_BACK = 0x40;

  public static final int HEADER_BYTES = 8;
  public static final int RANGE_BYTES = 16;

  /** 0 to 15. */
  public int type;

  /** Eight bits. */
  public int flags;

  /** Of the whole message, bytes. */
  public int length;

  /** Serial number of 32 bits: compare by signed difference. */
  public int sequence;

  /** First of the range of an ACK, NACK or RESYNC, otherwise 0. */
  public int from;

  /** Last of the range, inclusive. */
  public int to;

  /** Absolute position of the first byte after the header, in the buffer that was read. */
  public int bodyStart;

  /** Absolute position after the last byte. */
  public int end;

  public boolean isFlow() {
    return type <= FLOW_DELETE;
  }

  public boolean isExpectation() {
    return type >= EXPECT_NEW && type <= EXPECT_DELETE;
  }

  public boolean isControl() {
    return type == CONTROL;
  }

  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** True when a control message of these flags carries a range. */
  static boolean carriesRange(int type, int flags) {
    return type == CONTROL && (flags & (ACK | NACK | RESYNC)) != 0;
  }
}
