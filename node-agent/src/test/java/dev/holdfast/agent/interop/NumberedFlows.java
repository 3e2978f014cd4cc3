package dev.holdfast.agent.interop;

import dev.holdfast.agent.netns.TestNetwork;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Long flows from a client to a server that answers each number with the same number. What breaks a
 * flow (a reset, a number that does not come back) fails the test that asks for the next one.
 */
final class NumberedFlows implements AutoCloseable {
  static final int PORT = 7000;
  private static final int ANSWER_MILLIS = 20_000;
  private static final int AGAIN_MILLIS = 300;

  private final TestNetwork network;
  private final String clientNamespace;
  private final String serverAddress;
  private final ServerSocket server;
  private final DatagramSocket datagramServer;
  private final List<Socket> accepted = new ArrayList<>();
  private final List<Socket> tcp = new ArrayList<>();
  private final List<DatagramSocket> udp = new ArrayList<>();
  private final Set<InetAddress> seenFrom = ConcurrentHashMap.newKeySet();
  private int number;

  NumberedFlows(TestNetwork network, String client, String server, String serverAddress) {
    this.network = network;
    this.clientNamespace = client;
    this.serverAddress = serverAddress;
    this.server =
        network.call(
            server,
            () -> {
              ServerSocket socket = new ServerSocket();
              socket.bind(new InetSocketAddress(serverAddress, PORT), 1_000);
              return socket;
            });
    this.datagramServer =
        network.call(server, () -> new DatagramSocket(PORT, InetAddress.getByName(serverAddress)));
    Thread.ofVirtual().start(this::accept);
    Thread.ofPlatform().daemon().start(this::answerDatagrams);
  }

  /** Who the server thinks that the client is. */
  Set<InetAddress> seenFrom() {
    return Set.copyOf(seenFrom);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        seenFrom.add(socket.getInetAddress());
        synchronized (accepted) {
          accepted.add(socket);
        }
        Thread.ofPlatform().daemon().start(() -> answer(socket));
      }
    } catch (IOException _) {
      // Closed at the end of the test.
    }
  }

  private static void answer(Socket socket) {
    try (socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      while (true) {
        out.writeInt(in.readInt());
      }
    } catch (IOException _) {
      // The client closes, or a reset that the client sees too.
    }
  }

  private void answerDatagrams() {
    byte[] bytes = new byte[16];
    DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
    try {
      while (true) {
        datagramServer.receive(packet);
        datagramServer.send(packet);
      }
    } catch (IOException _) {
      // Closed at the end of the test.
    }
  }

  void openTcp(int count) {
    network.call(
        clientNamespace,
        () -> {
          for (int i = 0; i < count; i++) {
            Socket socket = new Socket();
            socket.connect(new InetSocketAddress(serverAddress, PORT), ANSWER_MILLIS);
            socket.setSoTimeout(ANSWER_MILLIS);
            tcp.add(socket);
          }
          return null;
        });
    everyFlowAnswers();
  }

  void openUdp(int count) {
    network.call(
        clientNamespace,
        () -> {
          for (int i = 0; i < count; i++) {
            DatagramSocket socket = new DatagramSocket();
            socket.connect(new InetSocketAddress(serverAddress, PORT));
            socket.setSoTimeout(AGAIN_MILLIS);
            udp.add(socket);
          }
          return null;
        });
    everyFlowAnswers();
  }

  /** Ends so many of the TCP flows. */
  void closeTcp(int count) {
    for (int i = 0; i < count; i++) {
      close(tcp.removeLast());
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The next number through every flow, there and back. */
  void everyFlowAnswers() {
    number++;
    try {
      for (Socket socket : tcp) {
        new DataOutputStream(socket.getOutputStream()).writeInt(number);
      }
      for (Socket socket : tcp) {
        int answer = new DataInputStream(socket.getInputStream()).readInt();
        if (answer != number) {
          throw new AssertionError(answer + " came back for " + number);
        }
      }
      for (DatagramSocket socket : udp) {
        exchange(socket);
      }
    } catch (IOException e) {
      throw new AssertionError("a flow broke at number " + number, e);
    }
  }

  /** The next number from the server, which speaks first, through every TCP flow. */
  void everyFlowHearsTheServer() {
    number++;
    try {
      synchronized (accepted) {
        for (Socket socket : accepted) {
          new DataOutputStream(socket.getOutputStream()).writeInt(number);
        }
      }
      for (Socket socket : tcp) {
        int heard = new DataInputStream(socket.getInputStream()).readInt();
        if (heard != number) {
          throw new AssertionError(heard + " came for " + number);
        }
      }
    } catch (IOException e) {
      throw new AssertionError("a flow broke at number " + number, e);
    }
  }

  /** A datagram may be lost; the flow is not while one of some comes back. */
  private void exchange(DatagramSocket socket) throws IOException {
    byte[] bytes = ByteBuffer.allocate(4).putInt(number).array();
    DatagramPacket answer = new DatagramPacket(new byte[16], 16);
    for (int again = 0; again < ANSWER_MILLIS / AGAIN_MILLIS; again++) {
      socket.send(new DatagramPacket(bytes, bytes.length));
      try {
        do {
          socket.receive(answer);
        } while (ByteBuffer.wrap(answer.getData()).getInt() != number);
        return;
      } catch (SocketTimeoutException _) {
        // Once more.
      }
    }
    throw new AssertionError("a datagram flow does not answer number " + number);
  }

  @Override
  public void close() throws IOException {
    tcp.forEach(NumberedFlows::close);
    udp.forEach(DatagramSocket::close);
    server.close();
    datagramServer.close();
    synchronized (accepted) {
      accepted.forEach(NumberedFlows::close);
    }
  }
}
