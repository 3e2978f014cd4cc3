package dev.holdfast.agent.sync.core;

import java.nio.ByteBuffer;

/** Our end of a link whose other end is a conntrackd, in one of its modes. */
public sealed interface ConntrackdMachine permits FtfwMachine, NotrackMachine {

  /**
   * @param datagram big endian, from position to limit; not kept
   */
  void received(ByteBuffer datagram, long nowNanos);

  /** Sends what is due, at most a burst of it; {@link #deadlineNanos} tells when to come again. */
  void fill(DatagramSink sink, long nowNanos);

  /** When {@link #fill} has something to do even if nothing happens until then. */
  long deadlineNanos();

  /** Asks the peer for everything that it has. */
  void requestEverything();

  /** Tells the peer everything that we have. */
  void tellEverything();

  /** Position up to which everything was sent. */
  long sentPosition();

  /**
   * Position up to which the peer has confirmed everything; in a mode without confirmations, the
   * position sent. Costs a walk over what is in flight.
   */
  long acknowledgedPosition();

  ConntrackdCounters counters();

  /** Nanoseconds since the peer was last heard; {@link Long#MAX_VALUE} if never. */
  long silentNanos(long nowNanos);
}
