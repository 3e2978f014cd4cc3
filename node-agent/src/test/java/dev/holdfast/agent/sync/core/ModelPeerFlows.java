package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Theirs as the list of what was applied. A body that begins with 255 is malformed. */
final class ModelPeerFlows implements PeerFlows {
  /** "new 5" for a new flow whose body begins with a five. */
  final List<String> applied = new ArrayList<>();

  @Override
  public @Nullable MessageDrop apply(int peer, SyncMessage message, ByteBuffer datagram) {
    int first = message.end > message.bodyStart ? datagram.get(message.bodyStart) & 0xff : 0;
    if (first == 255) {
      return MessageDrop.BAD_ATTRIBUTE_LENGTH;
    }
    String what =
        switch (message.type) {
          case SyncMessage.FLOW_NEW -> "new ";
          case SyncMessage.FLOW_UPDATE -> "update ";
          case SyncMessage.FLOW_DELETE -> "delete ";
          default -> "expectation ";
        };
    applied.add(what + first);
    return null;
  }

  @Override
  public void everythingBegins(int peer) {
    applied.add("everything begins");
  }

  @Override
  public void everythingEnds(int peer) {
    applied.add("everything ends");
  }

  @Override
  public long newestTicket() {
    return applied.size();
  }
}
