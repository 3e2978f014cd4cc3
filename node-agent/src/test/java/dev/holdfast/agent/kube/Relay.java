package dev.holdfast.agent.kube;

import dev.holdfast.agent.netns.TestNetwork;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The API server's door into a namespace: takes connections there and carries them to the server on
 * this machine's loopback. Shut, it is an API server that is away: connections break, new ones are
 * refused.
 */
final class Relay implements AutoCloseable {

  private final TestNetwork network;
  private final String namespace;
  private final InetSocketAddress inside;
  private final int target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile @Nullable ServerSocket door;

  Relay(TestNetwork network, String namespace, InetSocketAddress inside, int target) {
    this.network = network;
    this.namespace = namespace;
    this.inside = inside;
    this.target = target;
  }

  void openDoor() {
    ServerSocket opened =
        network.call(
            namespace,
            () -> {
              ServerSocket server = new ServerSocket();
              server.setReuseAddress(true);
              server.bind(inside);
              return server;
            });
    door = opened;
    thread(() -> acceptAll(opened));
  }

  void shutDoor() {
    try {
      ServerSocket shut = door;
      if (shut != null) {
        shut.close();
      }
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void thread(Runnable body) {
    Thread.ofPlatform().daemon().name("relay").start(body);
  }

  private void acceptAll(ServerSocket server) {
    try {
      while (true) {
        Socket in = server.accept();
        Socket out = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(in);
        open.add(out);
        thread(() -> carry(in, out));
        thread(() -> carry(out, in));
      }
    } catch (IOException e) {
      // The door was shut.
    }
  }

  private void carry(Socket from, Socket to) {
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      in.transferTo(out);
    } catch (IOException e) {
      // One of the two has ended, and so does the other.
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  @Override
  public void close() {
    shutDoor();
  }
}
