package dev.holdfast.lab.measure.judge;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Hand-made samples. Times are milliseconds here, as people think of them. */
final class Samples {

  static final IpAddress LAN_ADDRESS = IpAddress.parse("192.168.0.3");
  static final IpAddress WAN_ADDRESS = IpAddress.parse("10.0.0.10");
  static final MacAddress MAC_A = MacAddress.parse("02:00:00:00:00:0a");

  private Samples() {}

  static long ms(double millis) {
    return Math.round(millis * 1_000_000);
  }

  static Span span(double fromMillis, double toMillis) {
    return new Span(ms(fromMillis), ms(toMillis));
  }

  /** A probe each millisecond, each after 50 microseconds on its way. */
  static ProbeTrace steadyProbes(int count) {
    long[] sent = new long[count];
    long[] received = new long[count];
    for (int n = 0; n < count; n++) {
      sent[n] = ms(n);
      received[n] = ms(n) + 50_000;
    }
    return new ProbeTrace("up", sent, received);
  }

  static ProbeTrace losing(ProbeTrace trace, int from, int to) {
    long[] received = trace.receivedNanos().clone();
    Arrays.fill(received, from, to, ProbeTrace.LOST);
    return new ProbeTrace(trace.path(), trace.sentNanos(), received);
  }

  static AdvertSeen advert(double millis, String router, String network, int priority) {
    return new AdvertSeen(
        ms(millis),
        router,
        network,
        Family.IPV4,
        network.equals("wan") ? 10 : 11,
        priority,
        ms(100));
  }

  /** Adverts every 100 ms, both ends included. */
  static List<AdvertSeen> adverts(String router, String network, double from, double to) {
    var adverts = new ArrayList<AdvertSeen>();
    for (double at = from; at <= to; at += 100) {
      adverts.add(advert(at, router, network, 100));
    }
    return adverts;
  }

  static FlowRecord flow(FlowKind kind, FlowEnd end, double lastDataMillis, Span longestPause) {
    return new FlowRecord(
        "forward", kind, Family.IPV4, ms(10), true, end, ms(lastDataMillis), longestPause, 100);
  }

  static HoldChange hold(double millis, String router, boolean holds) {
    return new HoldChange(ms(millis), router, "lan", LAN_ADDRESS, holds);
  }

  static AnswerSeen answer(double millis, String router, IpAddress address) {
    return new AnswerSeen(ms(millis), router, "any", address, MAC_A, true);
  }

  static Recording recording(double toMillis, List<Mark> marks, List<AdvertSeen> adverts) {
    return new Recording(
        span(0, toMillis),
        marks,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        adverts,
        List.of(),
        List.of(),
        Map.of(),
        List.of(),
        List.of(),
        0);
  }
}
