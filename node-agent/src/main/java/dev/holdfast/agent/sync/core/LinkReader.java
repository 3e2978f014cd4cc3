package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.FlowsFrame;
import dev.holdfast.agent.sync.wire.FlowsReceived;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Heartbeat;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.LinkFields;
import dev.holdfast.agent.sync.wire.LinkMessageType;
import dev.holdfast.agent.sync.wire.Marker;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what was inside a sealed datagram and hands it over message by message. A malformed message
 * is counted and costs only itself; one of a newer Holdfast is counted and stepped over.
 */
final class LinkReader {
  private final String peer;
  private final LinkMessages to;
  private final LinkCounters counters;
  private final LinkFields messages = new LinkFields();
  private final LinkFields fields = new LinkFields();
  private final Heartbeat heartbeat = new Heartbeat();
  private final FlowsFrame frame = new FlowsFrame();
  private final FlowsReceived received = new FlowsReceived();
  private final Marker marker = new Marker();

  /**
   * @param peer its name; it may not give itself another one
   */
  LinkReader(String peer, LinkMessages to, LinkCounters counters) {
    this.peer = peer;
    this.to = to;
    this.counters = counters;
  }

  /**
   * @param opened from position to limit; not kept, its position is anywhere afterwards
   * @param path on which network it came
   */
  void read(ByteBuffer opened, int path, long nowNanos) {
    int end = opened.limit();
    messages.over(opened, opened.position(), end);
    while (messages.next()) {
      LinkDropReason drop = readMessage(opened, path, nowNanos);
      opened.limit(end);
      if (drop != null) {
        counters.drops.count(drop);
      }
    }
    if (messages.malformed()) {
      counters.drops.count(LinkDropReason.MALFORMED_MESSAGE);
    }
  }

  private @Nullable LinkDropReason readMessage(ByteBuffer opened, int path, long nowNanos) {
    return switch (messages.number()) {
      case LinkMessageType.HEARTBEAT -> {
        LinkDropReason drop = heartbeat.read(messages, fields, opened);
        if (drop == null) {
          to.heartbeat(path, heartbeat);
        }
        yield drop;
      }
      case LinkMessageType.FLOWS -> {
        LinkDropReason drop = frame.read(messages, opened);
        if (drop == null) {
          to.flows(frame, opened, messages.valueAt() + messages.valueBytes());
        }
        yield drop;
      }
      case LinkMessageType.FLOWS_RECEIVED -> {
        LinkDropReason drop = received.read(messages, fields, opened);
        if (drop == null) {
          to.flowsReceived(received, nowNanos);
        }
        yield drop;
      }
      case LinkMessageType.EVERYTHING_SENT,
          LinkMessageType.BARRIER,
          LinkMessageType.BARRIER_REACHED ->
          readMarker();
      case LinkMessageType.IDENTITY -> readIdentity();
      case LinkMessageType.HANDOVER -> readHandover();
      default -> unknown();
    };
  }

  private @Nullable LinkDropReason readMarker() {
    int type = messages.number();
    LinkDropReason drop = marker.read(messages, fields);
    if (drop == null) {
      switch (type) {
        case LinkMessageType.EVERYTHING_SENT -> to.everythingSent(marker.number);
        case LinkMessageType.BARRIER -> to.barrier(marker.number);
        default -> to.barrierReached(marker.number);
      }
    }
    return drop;
  }

  private @Nullable LinkDropReason readIdentity() {
    return switch (Hello.read(messages)) {
      case Hello.Read.Dropped(LinkDropReason reason) -> reason;
      case Hello.Read.Ok(Hello hello) when !hello.node().equals(peer) ->
          LinkDropReason.MALFORMED_FIELD;
      case Hello.Read.Ok(Hello hello) -> {
        to.identity(hello);
        yield null;
      }
    };
  }

  private @Nullable LinkDropReason readHandover() {
    return switch (HandoverMessage.read(messages, fields)) {
      case HandoverMessage.Read.Dropped(LinkDropReason reason) -> reason;
      case HandoverMessage.Read.UnknownStep _ -> unknown();
      case HandoverMessage.Read.Ok(HandoverMessage message) -> {
        to.handover(message);
        yield null;
      }
    };
  }

  private @Nullable LinkDropReason unknown() {
    counters.unknownMessages++;
    return null;
  }
}
