package dev.holdfast.lab.measure;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.lab.measure.capture.AddressProber;
import dev.holdfast.lab.measure.capture.AddressWatcher;
import dev.holdfast.lab.measure.capture.SwitchTap;
import dev.holdfast.lab.measure.judge.AdvertSeen;
import dev.holdfast.lab.measure.judge.AnswerSeen;
import dev.holdfast.lab.measure.judge.HoldChange;
import dev.holdfast.lab.measure.judge.VirtualRouterId;
import dev.holdfast.lab.measure.traffic.LabThread;
import dev.holdfast.lab.measure.traffic.Origin;
import dev.holdfast.lab.net.NetworkSite;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Everything that listens, begun and ended together. Thread-safe against routers coming back. */
final class Capture implements AutoCloseable {

  private final Origin origin;
  private final Map<IpAddress, String> networkByAddress = new HashMap<>();
  private final List<SwitchTap> taps = new ArrayList<>();
  private final List<AddressProber> probers = new ArrayList<>();
  private final Map<String, AddressWatcher> watchers = new LinkedHashMap<>();
  private final List<HoldChange> earlierHolds = new ArrayList<>();
  private final Map<VirtualRouterId, AdvertSeen> latest = new ConcurrentHashMap<>();
  private boolean closed;

  Capture(Topology topology, Origin origin) {
    this.origin = origin;
    for (NetworkSite site : topology.networks()) {
      for (Prefix prefix : site.virtualAddresses()) {
        networkByAddress.put(prefix.address(), site.name());
      }
      if (!site.virtualRouters().isEmpty()) {
        taps.add(
            new SwitchTap(
                site,
                AddressProber.ASKER,
                origin,
                advert -> latest.put(advert.virtualRouter(), advert)));
        probers.add(new AddressProber(site));
      }
    }
    for (Router router : topology.routers()) {
      watchers.put(router.node(), new AddressWatcher(router, networkByAddress, origin));
    }
  }

  synchronized void begin() {
    taps.forEach(LabThread::begin);
    watchers.values().forEach(LabThread::begin);
    probers.forEach(LabThread::begin);
  }

  /** A router came back with an empty kernel: what the old one held is gone with it. */
  synchronized void rebuilt(Router router) {
    if (closed) {
      return;
    }
    var fresh = new AddressWatcher(router, networkByAddress, origin);
    AddressWatcher before = watchers.put(router.node(), fresh);
    if (before != null) {
      before.close();
      earlierHolds.addAll(before.changes());
    }
    fresh.begin();
  }

  synchronized void check() {
    taps.forEach(LabThread::check);
    watchers.values().forEach(LabThread::check);
  }

  void lookClosely() {
    probers.forEach(AddressProber::lookClosely);
  }

  /** Whoever sent the latest advert of each virtual router, unless he is overdue. */
  Map<VirtualRouterId, String> speakers(long nowNanos) {
    var speakers = new HashMap<VirtualRouterId, String>();
    latest.forEach(
        (id, advert) -> {
          boolean current = nowNanos - advert.nanos() <= advert.intervalNanos() * 7 / 2;
          if (advert.priority() > 0 && current) {
            speakers.put(id, advert.router());
          }
        });
    return speakers;
  }

  /** The routers with a live interface of this MAC, as of now. */
  synchronized Set<String> routersWith(MacAddress mac) {
    var routers = new TreeSet<String>();
    watchers.forEach(
        (router, watcher) -> {
          if (watcher.macs().contains(mac)) {
            routers.add(router);
          }
        });
    return routers;
  }

  @Override
  public synchronized void close() {
    closed = true;
    probers.forEach(LabThread::close);
    taps.forEach(LabThread::close);
    watchers.values().forEach(LabThread::close);
  }

  // After the end.

  List<AdvertSeen> adverts() {
    return taps.stream().flatMap(tap -> tap.adverts().stream()).toList();
  }

  List<AnswerSeen> answers() {
    return taps.stream().flatMap(tap -> tap.answers().stream()).toList();
  }

  synchronized List<HoldChange> holds() {
    var all = new ArrayList<>(earlierHolds);
    watchers.values().forEach(watcher -> all.addAll(watcher.changes()));
    return all;
  }
}
