package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.rtnetlink.InterfaceAddress;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.agent.rtnetlink.Route;
import dev.holdfast.agent.rtnetlink.RtCodec;
import dev.holdfast.agent.rtnetlink.RtMessage;
import dev.holdfast.agent.rtnetlink.RtRequest;
import dev.holdfast.api.addr.Family;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Asks the kernel about links, addresses and routes, and changes them, in the network namespace of
 * the thread that opened it. Changes need CAP_NET_ADMIN. Any thread, one after the other.
 */
public final class Rtnetlink implements AutoCloseable {
  private static final int RECEIVE_BUFFER_BYTES = 1 << 20;

  private final NetlinkSocket socket;

  private Rtnetlink(NetlinkSocket socket) {
    this.socket = socket;
  }

  public static Rtnetlink open() {
    return new Rtnetlink(NetlinkSocket.open(NetlinkSocket.ROUTE, RECEIVE_BUFFER_BYTES));
  }

  /** By this number the kernel's events name us as the one who changed something. */
  public int portId() {
    return socket.portId();
  }

  public synchronized List<Link> links() {
    return dump(RtRequest.dumpLinks(), RtMessage.LinkIs.class).stream()
        .map(RtMessage.LinkIs::link)
        .toList();
  }

  /**
   * Asks for links by {@link RtRequest#getLink}, one behind the other; missing ones are left out.
   */
  synchronized void links(ByteBuffer requests, NetlinkSocket.Messages answers) {
    socket.queryEach(requests, answers);
  }

  public Optional<Link> link(String name) {
    return links().stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /** All addresses of all interfaces. */
  public synchronized List<InterfaceAddress> addresses() {
    return dump(RtRequest.dumpAddresses(), RtMessage.AddressIs.class).stream()
        .map(RtMessage.AddressIs::address)
        .toList();
  }

  /** The routes of the main table that we added. */
  public synchronized List<Route> ourRoutes(Family family) {
    return dump(RtRequest.dumpOurRoutes(family), RtMessage.RouteIs.class).stream()
        .map(RtMessage.RouteIs::route)
        .filter(Route::isOurs)
        .toList();
  }

  private <T extends RtMessage> List<T> dump(ByteBuffer request, Class<T> wanted) {
    var found = new ArrayList<T>();
    socket.dump(
        request,
        new NetlinkSocket.Messages() {
          @Override
          public void message(ByteBuffer buffer, int offset, int length) {
            RtMessage message = RtCodec.decode(buffer, offset, length);
            if (wanted.isInstance(message)) {
              found.add(wanted.cast(message));
            }
          }

          @Override
          public void restarted() {
            found.clear();
          }
        });
    return found;
  }

  /**
   * Does one thing.
   *
   * @param call what, for the message of the exception
   * @param harmless errnos that mean that it is done already
   */
  synchronized void request(String call, ByteBuffer request, int... harmless) {
    int errno = socket.request(request);
    for (int none : harmless) {
      if (errno == none) {
        return;
      }
    }
    if (errno != 0) {
      String hint = errno == Errno.EPERM ? "does the process have CAP_NET_ADMIN?" : "";
      throw new SyscallException(call, errno, hint.isEmpty() ? socket.refusal() : hint);
    }
  }

  /**
   * Does many things with one system call; goes on after a refusal.
   *
   * @param requests padded to four bytes, as {@link RtRequest} makes them
   * @param refusals by index in {@code requests}
   */
  synchronized void requestAll(List<ByteBuffer> requests, NetlinkSocket.Refusals refusals) {
    int size = requests.stream().mapToInt(ByteBuffer::remaining).sum();
    ByteBuffer all = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    requests.forEach(all::put);
    socket.requestBatch(all.flip(), refusals);
  }

  /** Switches an interface on or off. */
  public void setUp(Link link, boolean up) {
    request("set " + link.name() + (up ? " up" : " down"), RtRequest.setUp(link.index(), up));
  }

  /** Removes an interface; done already when it is gone. */
  public void removeLink(Link link) {
    request("remove " + link.name(), RtRequest.removeLink(link.index()), Errno.ENODEV);
  }

  @Override
  public void close() {
    socket.close();
  }
}
