package dev.holdfast.lab.measure.capture;

import dev.holdfast.agent.linux.Clocks;
import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.Receive;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.lab.measure.judge.AdvertSeen;
import dev.holdfast.lab.measure.judge.AnswerSeen;
import dev.holdfast.lab.measure.traffic.LabThread;
import dev.holdfast.lab.measure.traffic.Origin;
import dev.holdfast.lab.net.NetworkSite;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Listens at a switch: adverts, and who says that a virtual address is his, each with the port's
 * router and the kernel's time. What a machine that is no router sends is none of its business.
 */
public final class SwitchTap extends LabThread {

  private static final int ANY_INTERFACE = 0;
  private static final int RECEIVE_BUFFER_BYTES = 16 << 20;

  private final NetworkSite site;
  private final Origin origin;
  private final MacAddress asker;
  private final Consumer<AdvertSeen> listener;
  private final Map<Integer, String> routerByPort = new HashMap<>();
  private final Set<IpAddress> virtualAddresses = new HashSet<>();
  private final List<AdvertSeen> adverts = new ArrayList<>();
  private final List<AnswerSeen> answers = new ArrayList<>();
  private @Nullable PacketSocket socket;
  private volatile long unread;

  /**
   * @param asker answers to this MAC are answers to our own questions
   * @param listener hears of every advert at once, on this thread; must be quick
   */
  public SwitchTap(
      NetworkSite site, MacAddress asker, Origin origin, Consumer<AdvertSeen> listener) {
    super(site.switchNamespace(), "tap-" + site.name());
    this.site = site;
    this.origin = origin;
    this.asker = asker;
    this.listener = listener;
    site.virtualAddresses().stream().map(Prefix::address).forEach(virtualAddresses::add);
  }

  @Override
  protected void open() {
    for (NetworkSite.Port port : site.ports()) {
      if (port.router()) {
        int index = Names.interfaceIndex(port.interfaceName());
        routerByPort.put(index, port.machine());
      }
    }
    socket =
        PacketSocket.receiver(
            ANY_INTERFACE,
            PacketSocket.ETHERTYPE_ALL,
            new PacketSocket.Options(false, true, RECEIVE_BUFFER_BYTES, Frames.filter()));
  }

  @Override
  protected void work() {
    PacketSocket in = socket;
    if (in == null) {
      throw new IllegalStateException("not opened");
    }
    ByteBuffer frame = in.frame().duplicate().order(ByteOrder.BIG_ENDIAN).clear();
    while (!stopping()) {
      int length = in.receive(Receive.FOREVER);
      String router = routerByPort.get(length > 0 ? in.interfaceIndex() : -1);
      if (router != null) {
        see(router, frame, length, origin.sinceNanos(Clocks.arrivalNanos(in.stampNanos())));
      }
    }
    unread = in.dropped();
  }

  private void see(String router, ByteBuffer frame, int length, long nanos) {
    Frames.advert(frame, length)
        .ifPresent(
            advert -> {
              var seen =
                  new AdvertSeen(
                      nanos,
                      router,
                      site.name(),
                      advert.family(),
                      advert.vrid(),
                      advert.priority(),
                      advert.intervalNanos());
              adverts.add(seen);
              listener.accept(seen);
            });
    Frames.answer(frame, length)
        .filter(answer -> virtualAddresses.contains(answer.address()))
        .ifPresent(
            answer ->
                answers.add(
                    new AnswerSeen(
                        nanos,
                        router,
                        site.name(),
                        answer.address(),
                        answer.mac(),
                        answer.destination().equals(asker))));
  }

  @Override
  protected void wake() {
    PacketSocket in = socket;
    if (in != null) {
      in.wake();
    }
  }

  @Override
  protected void release() {
    if (socket != null) {
      socket.close();
    }
  }

  /** After the end. */
  public List<AdvertSeen> adverts() {
    return List.copyOf(adverts);
  }

  /** After the end. */
  public List<AnswerSeen> answers() {
    return List.copyOf(answers);
  }

  /** After the end: frames that our buffer had no room for. */
  public long unread() {
    return unread;
  }
}
