package dev.holdfast.agent.sync.core;

import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;

/** Where links put their datagrams. */
public interface LinkSink {

  /**
   * A unicast datagram.
   *
   * @param path number of the path in the settings
   * @param target the peer's address on it
   * @param datagram from position to limit; not kept
   */
  void send(int path, IpAddress target, ByteBuffer datagram);

  /** A hello, for the multicast groups of both families on that path. */
  void sendHello(int path, ByteBuffer datagram);
}
