package dev.holdfast.agent.sync.core;

import java.nio.ByteBuffer;

/** Where a machine that speaks to a conntrackd puts its datagrams. */
@FunctionalInterface
public interface DatagramSink {

  /**
   * @param datagram from position to limit; not kept
   */
  void send(ByteBuffer datagram);
}
