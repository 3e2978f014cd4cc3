package dev.holdfast.lab.measure.capture;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.lab.measure.traffic.LabThread;
import dev.holdfast.lab.net.NetworkSite;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Asks every router of a network, each through its own port, who has the virtual addresses: now and
 * then while nothing happens, and every few milliseconds after a fault. The answers are seen by the
 * {@link SwitchTap}.
 */
public final class AddressProber extends LabThread {

  /** Locally administered; no machine of a lab has it. */
  public static final MacAddress ASKER = MacAddress.parse("06:68:66:6c:61:62");

  private static final Ipv6Address ASKER_ADDRESS = Ipv6Address.parse("fe80::468:66ff:fe6c:6162");
  private static final long CALM_NANOS = 100_000_000;
  private static final long EAGER_NANOS = 2_000_000;
  private static final long EAGER_FOR_NANOS = 10_000_000_000L;

  private final NetworkSite site;
  private final List<byte[]> questions = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();
  private @Nullable PacketSocket socket;
  private volatile long eagerSince = Long.MIN_VALUE;
  private volatile @Nullable Thread worker;

  public AddressProber(NetworkSite site) {
    super(site.switchNamespace(), "ask-" + site.name());
    this.site = site;
    for (Prefix prefix : site.virtualAddresses()) {
      questions.add(
          switch (prefix.address()) {
            case Ipv4Address four -> Frames.arpQuestion(four, ASKER);
            case Ipv6Address six -> Frames.neighbourQuestion(six, ASKER_ADDRESS, ASKER);
          });
    }
  }

  @Override
  protected void open() {
    for (NetworkSite.Port port : site.ports()) {
      if (port.router()) {
        ports.add(Names.interfaceIndex(port.interfaceName()));
      }
    }
    socket = PacketSocket.sender();
    worker = Thread.currentThread();
  }

  @Override
  protected void work() {
    PacketSocket out = socket;
    if (out == null) {
      throw new IllegalStateException("not opened");
    }
    while (!stopping()) {
      for (int port : ports) {
        for (byte[] question : questions) {
          ask(out, port, question);
        }
      }
      boolean eager = System.nanoTime() - eagerSince < EAGER_FOR_NANOS;
      LockSupport.parkNanos(eager ? EAGER_NANOS : CALM_NANOS);
    }
  }

  private static void ask(PacketSocket out, int port, byte[] question) {
    try {
      out.send(port, question);
    } catch (SyscallException _) {
      // The cable is cut: nobody there to ask.
    }
  }

  /** A fault begins: look closely for the next ten seconds. */
  public void lookClosely() {
    eagerSince = System.nanoTime();
    wake();
  }

  @Override
  protected void wake() {
    LockSupport.unpark(worker);
  }

  @Override
  protected void release() {
    if (socket != null) {
      socket.close();
    }
  }
}
