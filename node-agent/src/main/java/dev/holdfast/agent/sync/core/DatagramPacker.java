package dev.holdfast.agent.sync.core;

import java.nio.ByteBuffer;

/**
 * Packs messages into datagrams the way conntrackd does: one is appended while used and new bytes
 * together stay below the size, and what is there at the end of a pass is sent.
 */
final class DatagramPacker {
  private final ByteBuffer buffer;
  private final ConntrackdCounters counters;
  private final int burstMax;
  private DatagramSink sink = _ -> {};
  private int sent;

  /**
   * @param bytes MTU less 28, as conntrackd reckons; the largest datagram is smaller
   * @param burstMax datagrams per pass
   */
  DatagramPacker(int bytes, int burstMax, ConntrackdCounters counters) {
    this.buffer = ByteBuffer.allocate(bytes - 1);
    this.burstMax = burstMax;
    this.counters = counters;
  }

  void begin(DatagramSink sink) {
    this.sink = sink;
    this.sent = 0;
    buffer.clear();
  }

  /** Where the next message goes; one that did not fit is tried again after {@link #flush}. */
  ByteBuffer buffer() {
    return buffer;
  }

  boolean isEmpty() {
    return buffer.position() == 0;
  }

  /** The pass may go on. */
  boolean mayGoOn() {
    return sent < burstMax;
  }

  /** Something was sent, or will be with the next {@link #flush}. */
  boolean used() {
    return sent > 0 || !isEmpty();
  }

  void flush() {
    if (!isEmpty()) {
      counters.datagramsSent++;
      counters.bytesSent += buffer.position();
      sent++;
      sink.send(buffer.flip());
      buffer.clear();
    }
  }
}
