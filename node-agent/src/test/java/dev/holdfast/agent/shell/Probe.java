package dev.holdfast.agent.shell;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Numbered datagrams that are echoed: which of them were lost on the way there or back. */
final class Probe implements AutoCloseable {

  private static final long STRAGGLER_MILLIS = 500;

  private final DatagramSocket socket;
  private final InetAddress address;
  private final int firstPort;
  private final int ports;
  private final long intervalNanos;
  private final AtomicInteger sent = new AtomicInteger();
  private final BitSet received = new BitSet();
  private volatile boolean ending;
  private final Thread sender;
  private final Thread receiver;

  /**
   * @param ports number of ports from {@code firstPort} on that are spoken to in turn, a flow each
   */
  Probe(FirewallWorld world, String from, String address, int firstPort, int ports, int perSecond)
      throws IOException {
    this.socket = world.network.call(from, () -> new DatagramSocket());
    this.socket.setReceiveBufferSize(1 << 20);
    this.socket.setSoTimeout(50);
    this.address = InetAddress.getByName(address);
    this.firstPort = firstPort;
    this.ports = ports;
    this.intervalNanos = 1_000_000_000L / perSecond;
    this.receiver = Thread.ofPlatform().daemon().name("probe-rx").start(this::receive);
    this.sender = Thread.ofPlatform().daemon().name("probe-tx").start(this::send);
  }

  private void send() {
    long next = System.nanoTime();
    while (!ending) {
      int number = sent.get();
      byte[] bytes = ByteBuffer.allocate(4).putInt(number).array();
      try {
        socket.send(new DatagramPacket(bytes, 4, address, firstPort + number % ports));
      } catch (IOException e) {
        // It counts as lost.
      }
      sent.incrementAndGet();
      next += intervalNanos;
      LockSupport.parkNanos(next - System.nanoTime());
    }
  }

  private void receive() {
    DatagramPacket packet = new DatagramPacket(new byte[4], 4);
    long quietSince = System.nanoTime();
    while (!ending || System.nanoTime() - quietSince < STRAGGLER_MILLIS * 1_000_000) {
      try {
        socket.receive(packet);
        synchronized (received) {
          received.set(ByteBuffer.wrap(packet.getData()).getInt());
        }
        quietSince = System.nanoTime();
      } catch (SocketTimeoutException e) {
        // Looks whether it is time to end.
      } catch (IOException e) {
        return;
      }
    }
  }

  int sent() {
    return sent.get();
  }

  /** Stops, waits for what is on its way, and counts. */
  int lost() throws InterruptedException {
    ending = true;
    sender.join();
    receiver.join();
    synchronized (received) {
      return sent.get() - received.cardinality();
    }
  }

  @Override
  public void close() {
    ending = true;
    socket.close();
  }
}
