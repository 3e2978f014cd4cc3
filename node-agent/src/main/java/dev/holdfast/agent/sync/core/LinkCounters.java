package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.MessageDrop;

/** What one link has seen and done since its start. */
public final class LinkCounters {
  /** Datagrams, and messages in them, that did not count. */
  public final Drops<LinkDropReason> drops = new Drops<>(LinkDropReason.class);

  /** Flows that were told wrongly. */
  public final Drops<MessageDrop> flowDrops = new Drops<>(MessageDrop.class);

  public long datagramsSent;
  public long bytesSent;
  public long datagramsReceived;
  public long bytesReceived;

  /** Messages and steps of a newer Holdfast, stepped over. */
  public long unknownMessages;

  public long framesSent;
  public long framesReceived;
  public long flowsSent;
  public long flowsReceived;

  /** Frames of ours that the peer did not get. */
  public long framesLost;

  /** Flows told again because the frame they were in was lost. */
  public long flowsResent;

  /** Frames of the peer that never came, or came after later ones. */
  public long framesMissed;

  /** Frames of the peer that came after later ones, and were told again. */
  public long framesLate;

  /** Times that everything was told from the beginning. */
  public long streams;

  /** Flows too large for any datagram of the path. */
  public long oversizedFlows;
}
