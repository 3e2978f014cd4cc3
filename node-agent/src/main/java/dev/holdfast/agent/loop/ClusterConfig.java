package dev.holdfast.agent.loop;

import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.role.core.Planned;
import dev.holdfast.agent.role.core.Preempt;
import dev.holdfast.agent.role.core.RoleConfig;
import dev.holdfast.agent.role.core.Router;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.role.core.VirtualAddress;
import dev.holdfast.agent.vrrp.core.VirtualRouter;
import dev.holdfast.agent.vrrp.wire.AdvertRules;
import dev.holdfast.agent.vrrp.wire.Authentication;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.api.addr.IpAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What the agent needs to know of its cluster for VRRP and roles, every default filled in.
 *
 * @param node this router's name
 * @param routers all of the cluster, this one included, in the order of the resource
 * @param instances the virtual routers: one for each network and family with virtual addresses
 * @param virtualAddresses all of them, in the order of the resource; advertised or not
 * @param nextHops of networks with virtual routers; asked once a second whether they are there
 * @param advertIntervalNanos 10 ms to 40.95 s in steps of 10 ms; version 2: whole seconds to 255 s
 * @param unicast adverts go to each listed router instead of the group
 * @param virtualMac addresses live on an interface with the virtual router's own MAC
 * @param checksumForm how checksums of version 3 over IPv4 are made
 * @param commitNanos how long a takeover waits for its flows
 * @param planned how planned changes go
 * @param linkSilenceNanos after so long without a word over the link, at the earliest, a router is
 *     silent to its peers; 0 where silence over the link moves no role
 */
public record ClusterConfig(
    String node,
    List<Router> routers,
    List<Instance> instances,
    List<VirtualAddress> virtualAddresses,
    List<NextHop> nextHops,
    Speakers speakers,
    Preempt preempt,
    long advertIntervalNanos,
    Authentication authentication,
    boolean unicast,
    boolean virtualMac,
    ChecksumForm checksumForm,
    long commitNanos,
    Planned planned,
    long linkSilenceNanos) {

  private static final long SECOND = 1_000_000_000L;
  private static final long NANOS_PER_CENTI = 10_000_000L;

  /** Somebody else's interval is learned up to this many times our own. */
  private static final int LONGEST_INTERVAL_FACTOR = 10;

  /**
   * One virtual router.
   *
   * @param vrid 1 to 255
   * @param version 2 or 3; IPv6 is always 3
   * @param advertised the addresses in its adverts
   */
  public record Instance(Segment segment, int vrid, int version, List<IpAddress> advertised) {

    public Instance {
      advertised = List.copyOf(advertised);
    }
  }

  public ClusterConfig {
    routers = List.copyOf(routers);
    instances = List.copyOf(instances);
    virtualAddresses = List.copyOf(virtualAddresses);
    nextHops = List.copyOf(nextHops);
  }

  /** The virtual router on a segment; empty where there is none. */
  public Optional<Instance> instance(Segment segment) {
    return instances.stream().filter(one -> one.segment().equals(segment)).findFirst();
  }

  /** What a receiver on a segment expects of adverts for its VRID. */
  public AdvertRules advertRules(Instance instance) {
    return new AdvertRules(
        instance.segment().family(),
        instance.version(),
        instance.vrid(),
        intervalCentis(),
        authentication,
        new HashSet<>(instance.advertised()),
        unicast,
        false);
  }

  /** Our interval as adverts carry it. */
  public int intervalCentis() {
    return (int) (advertIntervalNanos / NANOS_PER_CENTI);
  }

  /** One virtual router's timers, for a router of this priority. */
  VirtualRouter virtualRouter(Instance instance, int priority, boolean preempts) {
    long longest = Math.max(LONGEST_INTERVAL_FACTOR * advertIntervalNanos, SECOND);
    return new VirtualRouter(instance.version(), priority, advertIntervalNanos, longest, preempts);
  }

  /** The view of the role. */
  RoleConfig roleConfig() {
    return new RoleConfig(
        node,
        routers,
        instances.stream().map(Instance::segment).toList(),
        virtualAddresses,
        speakers,
        preempt,
        advertIntervalNanos,
        ownDownNanos(),
        patienceNanos(),
        longestDownNanos(),
        commitNanos,
        planned);
  }

  private long ownDownNanos() {
    int priority =
        routers.stream().filter(r -> r.node().equals(node)).mapToInt(Router::priority).sum();
    return instances.stream()
        .mapToLong(one -> virtualRouter(one, priority, false).downNanos(advertIntervalNanos))
        .max()
        .orElse(0);
  }

  /**
   * The shortest time after which another router may take over: three adverts and its skew, or,
   * when the link is silent too, one missed advert. Of foreign speakers nothing is known but that
   * they wait for three adverts.
   */
  public long patienceNanos() {
    long byAdverts = shortestDownNanos();
    return linkSilenceNanos == 0
        ? byAdverts
        : Math.min(
            byAdverts, Math.max(linkSilenceNanos, RoleConfig.missedNanos(advertIntervalNanos)));
  }

  private long shortestDownNanos() {
    int highest =
        speakers == Speakers.ANY
            ? 255
            : routers.stream()
                .filter(router -> !router.node().equals(node))
                .mapToInt(Router::priority)
                .max()
                .orElse(1);
    return instances.stream()
        .mapToLong(one -> virtualRouter(one, highest, false).downNanos(advertIntervalNanos))
        .min()
        .orElse(0);
  }

  /** Longer than any router that is well waits after a sign of life, with its place in the row. */
  private long longestDownNanos() {
    return instances.stream()
            .mapToLong(one -> virtualRouter(one, 1, false).downNanos(advertIntervalNanos))
            .max()
            .orElse(0)
        + advertIntervalNanos;
  }
}
