package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.NftEvent;
import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.agent.linux.SyscallException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears from the kernel when something in nf_tables is taken away or altered that may be ours. Owns
 * the thread {@code firewall-events}.
 */
final class IptablesEvents implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(IptablesEvents.class);

  /** A rule set of some thousand rules that is replaced at once. */
  private static final int RECEIVE_BUFFER_BYTES = 4 << 20;

  private final NetlinkSocket socket;
  private final Runnable changed;
  private volatile boolean closed;

  /**
   * @param changed called on the thread of this, must not block; one call may stand for many events
   */
  IptablesEvents(Runnable changed) {
    this.socket = NetlinkSocket.open(NetlinkSocket.NETFILTER, RECEIVE_BUFFER_BYTES, NftEvent.GROUP);
    this.changed = changed;
    Thread.ofPlatform().daemon().name("firewall-events").start(this::listen);
  }

  private void listen() {
    AtomicBoolean concerned = new AtomicBoolean();
    try {
      while (!closed) {
        int received = socket.receive(Receive.FOREVER);
        if (received == Receive.LOST) {
          changed.run();
        } else if (received > 0) {
          concerned.set(false);
          NetlinkSocket.forEach(
              socket.buffer(),
              (buffer, offset, length) -> {
                if (!concerned.get() && NftEvent.concernsUs(buffer, offset, length)) {
                  concerned.set(true);
                }
              });
          if (concerned.get()) {
            changed.run();
          }
        }
      }
    } catch (SyscallException e) {
      if (!closed) {
        LOG.warn("firewall events ended why=\"{}\" then=looking", e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    socket.close();
  }
}
