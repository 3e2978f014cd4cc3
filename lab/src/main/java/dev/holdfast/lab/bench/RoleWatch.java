package dev.holdfast.lab.bench;

import dev.holdfast.lab.LabSession.Standing;
import dev.holdfast.lab.measure.capture.AddressProber;
import dev.holdfast.lab.measure.capture.SwitchTap;
import dev.holdfast.lab.measure.judge.AdvertSeen;
import dev.holdfast.lab.measure.traffic.Origin;
import dev.holdfast.lab.net.NetworkSite;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Who advertises, over a time in which nobody has a reason to change that. */
final class RoleWatch implements AutoCloseable {

  /** All networks move together; their first adverts are that close to each other. */
  private static final long TOGETHER_NANOS = 500_000_000L;

  /**
   * Another router began to advertise.
   *
   * @param atNanos of {@link System#nanoTime}
   */
  record Takeover(String router, long atNanos) {}

  private final String active;
  private final long originNanos;
  private final List<SwitchTap> taps = new ArrayList<>();

  private RoleWatch(String active, long originNanos) {
    this.active = active;
    this.originNanos = originNanos;
  }

  static RoleWatch start(Standing standing) {
    Origin origin = Origin.now();
    var watch = new RoleWatch(standing.active().node(), System.nanoTime() - origin.sinceNanos());
    for (NetworkSite site : standing.topology().networks()) {
      if (!site.virtualRouters().isEmpty()) {
        var tap = new SwitchTap(site, AddressProber.ASKER, origin, _ -> {});
        watch.taps.add(tap);
        tap.begin();
      }
    }
    return watch;
  }

  /** Nothing is heard any more. */
  void end() {
    taps.forEach(SwitchTap::close);
  }

  /** Each time that another router than the active one began to advertise, oldest first. */
  List<Takeover> takeovers() {
    var takeovers = new ArrayList<Takeover>();
    String last = active;
    for (AdvertSeen advert : adverts()) {
      long at = originNanos + advert.nanos();
      boolean another = !advert.router().equals(active) && last.equals(active);
      boolean news = takeovers.isEmpty() || at - takeovers.getLast().atNanos() > TOGETHER_NANOS;
      if (another && news) {
        takeovers.add(new Takeover(advert.router(), at));
      }
      last = advert.router();
    }
    return takeovers;
  }

  /** The longest time between two adverts of the active router on one network. */
  double longestSilenceMillis() {
    long longest = 0;
    for (SwitchTap tap : taps) {
      long last = -1;
      for (AdvertSeen advert : tap.adverts()) {
        if (advert.router().equals(active)) {
          longest = last < 0 ? longest : Math.max(longest, advert.nanos() - last);
          last = advert.nanos();
        }
      }
    }
    return longest / 1e6;
  }

  private List<AdvertSeen> adverts() {
    return taps.stream()
        .flatMap(tap -> tap.adverts().stream())
        .filter(advert -> advert.priority() > 0)
        .sorted(Comparator.comparingLong(AdvertSeen::nanos))
        .toList();
  }

  @Override
  public void close() {
    end();
  }
}
