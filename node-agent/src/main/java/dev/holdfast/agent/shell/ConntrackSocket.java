package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.linux.NetlinkSocket;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Requests to the kernel's connection tracking table, and dumps of it, in the network namespace of
 * the thread that opened it. What is in the messages, {@code agent.ctnetlink} knows. Needs
 * CAP_NET_ADMIN.
 *
 * <p>Blocks while the kernel works: some ten microseconds a flow. One owner thread.
 */
public final class ConntrackSocket implements ConntrackWriter.Kernel {
  /** Every refused request of a batch is answered; the answers wait here until we read them. */
  private static final int RECEIVE_BUFFER_BYTES = 4 << 20;

  private final NetlinkSocket socket;

  /** Requests of the batch in hand that the kernel wants repeated. */
  private final BitSet again = new BitSet();

  private ConntrackSocket(NetlinkSocket socket) {
    this.socket = socket;
  }

  public static ConntrackSocket open() {
    return new ConntrackSocket(NetlinkSocket.open(NetlinkSocket.NETFILTER, RECEIVE_BUFFER_BYTES));
  }

  /** By this number the kernel's events name us as the one who changed a flow. */
  @Override
  public int portId() {
    return socket.portId();
  }

  /**
   * Sends requests, all at once; the kernel goes on after an error. A request that the kernel wants
   * repeated, because it had to load a module first, is repeated.
   *
   * @param requests one behind the other between position and limit; sequences are written into
   *     them; at most some 100 KiB
   * @param refusals by index from 0, errno positive
   * @return number of requests that the kernel took
   */
  @Override
  public int write(ByteBuffer requests, NetlinkSocket.Refusals refusals) {
    again.clear();
    int taken =
        socket.requestBatch(
            requests,
            (index, errno) -> {
              if (errno == Errno.EAGAIN) {
                again.set(index);
              } else {
                refusals.refused(index, errno);
              }
            });
    return again.isEmpty() ? taken : taken + repeat(requests, refusals);
  }

  /** Once more, one by one; returns how many the kernel took this time. */
  private int repeat(ByteBuffer requests, NetlinkSocket.Refusals refusals) {
    int taken = 0;
    int at = requests.position();
    for (int index = 0; requests.limit() - at >= NetlinkSocket.HEADER_BYTES; index++) {
      int length = requests.getInt(at + NetlinkSocket.LENGTH);
      if (again.get(index)) {
        ByteBuffer one = requests.slice(at, length).order(requests.order());
        int errno = socket.request(one);
        if (errno == 0) {
          taken++;
        } else {
          refusals.refused(index, errno);
        }
      }
      at += length + 3 & ~3;
    }
    return taken;
  }

  /**
   * Reads the whole table, or what the request asks for.
   *
   * @param request a dump request
   */
  public void dump(ByteBuffer request, NetlinkSocket.Messages messages) {
    socket.dump(request, messages);
  }

  /**
   * Asks for one flow.
   *
   * @return 0, or the errno; ENOENT when there is none
   */
  public int get(ByteBuffer request, NetlinkSocket.Messages answer) {
    return socket.query(request, answer);
  }

  @Override
  public void close() {
    socket.close();
  }
}
