package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.MessageDrop;

/** What one machine has seen and done since its start; the names of conntrackd beside ours. */
public final class ConntrackdCounters {
  /** Bad messages, by reason: "Malformed messages" is their sum. */
  public final Drops<MessageDrop> drops = new Drops<>(MessageDrop.class);

  public long datagramsReceived;
  public long bytesReceived;
  public long datagramsSent;
  public long bytesSent;
  public long flowsReceived;
  public long flowsSent;

  /** Of the flows sent, those that repeated what was lost. */
  public long flowsResent;

  /** Sequence numbers that never came: "Packets lost" (which counts two more per gap). */
  public long lost;

  /** Old, duplicate or overtaken messages: "Packets before". */
  public long before;

  /** Control messages that did not fit into the queue; the next one repeats what they said. */
  public long controlsDropped;

  /** Flows that were still unconfirmed when the resend queue was full. */
  public long resendOverflow;
}
