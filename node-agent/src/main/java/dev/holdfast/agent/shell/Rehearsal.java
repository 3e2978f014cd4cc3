package dev.holdfast.agent.shell;

import dev.holdfast.agent.Main;
import dev.holdfast.agent.ctnetlink.CtRequests;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.linux.UdpSocket;
import dev.holdfast.agent.loop.AgentCore;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.loop.ClusterConfig;
import dev.holdfast.agent.loop.Effect;
import dev.holdfast.agent.loop.Found;
import dev.holdfast.agent.role.core.Asked;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.sync.core.LinkSettings;
import dev.holdfast.agent.sync.core.LinkSink;
import dev.holdfast.agent.sync.core.SyncLinks;
import dev.holdfast.agent.sync.core.TableFlows;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkKey;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.agent.vrrp.wire.Decoded;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Two routers in memory that live through some minutes in some seconds: heartbeats and adverts,
 * flows that come, change and end, from one kernel's events into the other kernel's requests, and a
 * change of the role. What Java learns from it about the code is kept in the start-up cache, so
 * that an agent need not learn it while it works.
 *
 * <p>Their time is virtual, their kernels are not there, and their link is two sockets on the
 * loopback address: nothing of the machine is touched, and no right is needed.
 */
public final class Rehearsal implements AutoCloseable {
  private static final long STEP_NANOS = 4_000_000L;
  private static final int FLOWS_PER_STEP = 8;

  /** So many steps later a flow changes, once and again, and ends. */
  private static final int AGE_STEPS = 4;

  private static final int ENTRIES_MAX = 100_000;
  private static final int SERVER_PORT = 443;
  private static final int LIFETIME_SECONDS = 432_000;
  private static final Ipv4Address LOOPBACK = new Ipv4Address(0x7f00_0001);
  private static final Ipv4Address CLIENT = new Ipv4Address(0xc0a8_0032);
  private static final Ipv4Address SERVER = new Ipv4Address(0xcb00_7109);

  // linux/netfilter/nfnetlink.h, nfnetlink_conntrack.h: in the header of a message.
  private static final int TYPE = 4;
  private static final int FLAGS = 6;
  private static final short ENDED = 1 << 8 | 2;

  private final Router first;
  private final Router second;
  private long now = 1_000 * 1_000_000_000L;

  /**
   * @param specs of two routers of one cluster, the better one first
   */
  public Rehearsal(List<GatewayNodeSpec> specs) {
    first = new Router(specs.get(0));
    second = new Router(specs.get(1));
    first.begin(second);
    second.begin(first);
  }

  /**
   * Lives through so many steps of 4 ms, then the active router stops and the other one goes on for
   * a quarter of it.
   *
   * @throws IllegalStateException when it did not go as it should
   */
  public void play(int steps) throws InterruptedException {
    for (int step = 0; step < steps; step++) {
      step(step, first);
    }
    require(first.role() == Role.ACTIVE, "the better router is not active");
    require(second.committer.written() > 0, "no flow was copied");
    first.tell(new AgentEvent.StopRequested());
    for (int step = steps; step < steps + steps / 4; step++) {
      step(step, second);
    }
    require(second.role() == Role.ACTIVE, "the other router did not take over");
  }

  private static void require(boolean so, String otherwise) {
    if (!so) {
      throw new IllegalStateException("the rehearsal went wrong: " + otherwise);
    }
  }

  private void step(int number, Router busy) throws InterruptedException {
    now += STEP_NANOS;
    for (int i = 0; i < FLOWS_PER_STEP; i++) {
      int flow = number * FLOWS_PER_STEP + i;
      int age = AGE_STEPS * FLOWS_PER_STEP;
      busy.hear(flow, FlowState.TCP_SYN_SENT, false);
      busy.hear(flow - age, FlowState.TCP_SYN_RECV, false);
      busy.hear(flow - 2 * age, FlowState.TCP_ESTABLISHED, false);
      busy.hear(flow - 3 * age, FlowState.TCP_ESTABLISHED, true);
    }
    first.turn();
    second.turn();
  }

  @Override
  public void close() {
    first.close();
    second.close();
  }

  /** A kernel that takes everything. */
  private static final class NoKernel implements ConntrackWriter.Kernel {
    @Override
    public int write(ByteBuffer requests, NetlinkSocket.Refusals refusals) {
      return 1; // Some.
    }

    @Override
    public int portId() {
      return 0;
    }

    @Override
    public void close() {}
  }

  /** What {@link RunningAgent} and {@link FlowSync} wire, without their sockets. */
  private final class Router implements LinkSink, ConntrackWriter.Sink {
    private final GatewayNodeSpec spec;
    private final ClusterConfig config;
    private final AgentCore core;
    private final Queue<AgentEvent> inbox = new ArrayDeque<>();
    private final FlowTable table;
    private final TableFlows flows;
    private final FlowWatch watch;
    private final ConntrackWriter writer;
    private final FlowCommitter committer;
    private final Queue<Runnable> work = new ConcurrentLinkedQueue<>();
    private final SyncLinks links;
    private final SyncJudge judge = new SyncJudge();
    private final UdpSocket socket =
        UdpSocket.open(
            new UdpSocket.Options(null, 0, LOOPBACK, 0, false, 1, 0, Datagram.BYTES_MAX, 0));
    private final BlockingQueue<FlowBatch> events = FlowBatch.ring(1, 64 << 10);
    private final CtRequests requests = new CtRequests();
    private final FlowEntry flow = new FlowEntry();
    private final Datagram datagram = new Datagram();
    private @Nullable Role told;
    private @Nullable Router peer;
    private int identification;

    Router(GatewayNodeSpec spec) {
      this.spec = spec;
      config = CoreConfig.of(spec);
      core = new AgentCore(config, now);
      var random = new Random(spec.node().hashCode());
      table = new FlowTable(FlowMemory.offHeap(), random.nextLong(), ENTRIES_MAX, ENTRIES_MAX);
      flows = new TableFlows(table, new ConntrackdCodec(Dialect.HOLDFAST));
      watch = new FlowWatch(table, new ReplicationRules(List.of(), List.of()));
      writer = ConntrackWriter.start(new NoKernel(), 4, 128 << 10, () -> {}, this);
      committer = new FlowCommitter(table, writer);
      links =
          new SyncLinks(
              settings(),
              LinkKeys.of(LinkKey.of(new byte[LinkKey.BYTES])),
              1 + random.nextInt(1_000),
              random::nextBytes,
              flows,
              flows,
              identity(),
              state(),
              Map.of(),
              (_, _) -> {},
              now);
    }

    Role role() {
      return core.standing().role();
    }

    // ------------------------------------------------------------------------------ who it is

    private List<NodeNetwork> paths() {
      return SealedWire.paths(spec);
    }

    private List<IpAddress> own(String network) {
      return spec.self().addressesOn(network);
    }

    private LinkSettings settings() {
      List<LinkSettings.Peer> peers = new ArrayList<>();
      spec.peers()
          .forEach(
              other -> {
                Map<String, List<IpAddress>> addresses = new HashMap<>();
                paths().forEach(path -> addresses.put(path.name(), other.addressesOn(path.name())));
                peers.add(new LinkSettings.Peer(other.node(), addresses));
              });
      return new LinkSettings(
          spec.cluster(),
          spec.node(),
          paths().stream().map(path -> new LinkSettings.Path(path.name(), 1452)).toList(),
          peers,
          config.advertIntervalNanos());
    }

    private Hello identity() {
      return new Hello(
          spec.node(),
          Main.version(),
          spec.flowSync().port(),
          paths().stream()
              .map(path -> new Hello.Attachment(path.name(), own(path.name()), List.of()))
              .toList());
    }

    private RouterState state() {
      return new RouterState(
          SyncJudge.role(role()),
          spec.self().priority(),
          false,
          true,
          spec.generation(),
          0,
          Main.version(),
          "",
          false,
          0,
          List.of());
    }

    private Map<String, Link> networks() {
      Map<String, Link> all = new HashMap<>();
      for (NodeNetwork network : spec.networks()) {
        all.put(network.name(), link(own(network.name())));
      }
      return all;
    }

    private Link link(List<IpAddress> own) {
      Ipv4Address four = null;
      for (IpAddress address : own) {
        four = address instanceof Ipv4Address found ? found : four;
      }
      int number = four == null ? 1 : four.bits() & 0xff;
      return new Link(
          true,
          true,
          new MacAddress(0x0200_0000_0000L | number),
          four,
          new Ipv6Address(0xfe80L << 48, number));
    }

    // -------------------------------------------------------------------------------- the role

    void begin(Router other) {
      peer = other;
      perform(core.start(new Found(networks(), false, OptionalLong.empty(), Asked.NOTHING), now));
    }

    void tell(AgentEvent event) {
      inbox.add(event);
    }

    private void perform(List<Effect> effects) {
      for (Effect effect : effects) {
        switch (effect) {
          case Effect.SendAdvert advert -> Objects.requireNonNull(peer).hear(encode(advert));
          case Effect.CommitFlows(long takeover, _) ->
              tell(new AgentEvent.FlowsCommitted(takeover));
          case Effect.ClaimAddresses(long takeover, _) ->
              tell(new AgentEvent.AddressesClaimed(takeover));
          case Effect.AskBarrier(String node) -> tell(new AgentEvent.BarrierAnswered(node));
          case Effect.AskNextHop(var hop) -> tell(new AgentEvent.NextHopAnswered(hop));
          default -> {} // What only changes the kernel.
        }
      }
    }

    private record OnTheWire(Segment segment, IpAddress source, ByteBuffer packet) {}

    private OnTheWire encode(Effect.SendAdvert effect) {
      IpAddress group = AdvertCodec.group(effect.source().family());
      byte[] packet =
          switch (effect.source()) {
            case Ipv4Address from ->
                AdvertCodec.encodeIpv4(
                    effect.advert(),
                    config.authentication(),
                    config.checksumForm(),
                    from,
                    (Ipv4Address) group,
                    identification++ & 0xffff);
            case Ipv6Address from ->
                AdvertCodec.encodeIpv6(effect.advert(), from, (Ipv6Address) group);
          };
      ByteBuffer direct = ByteBuffer.allocateDirect(packet.length).put(packet).flip();
      return new OnTheWire(effect.segment(), effect.source(), direct);
    }

    private void hear(OnTheWire advert) {
      ClusterConfig.Instance instance = config.instance(advert.segment()).orElseThrow();
      var rules = config.advertRules(instance);
      Decoded decoded =
          switch (advert.source()) {
            case Ipv4Address _ -> AdvertCodec.decodeIpv4(advert.packet(), _ -> rules);
            case Ipv6Address from ->
                AdvertCodec.decodeIpv6(
                    advert.packet(),
                    from,
                    (Ipv6Address) AdvertCodec.group(Family.IPV6),
                    AdvertCodec.HOP_LIMIT,
                    _ -> rules);
          };
      if (decoded instanceof Decoded.Ok ok) {
        tell(new AgentEvent.AdvertReceived(advert.segment(), ok));
      }
    }

    // ------------------------------------------------------------------------------- its flows

    /** What the kernel would tell of a flow: that it came or changed, or that it has ended. */
    void hear(int number, int state, boolean ended) throws InterruptedException {
      if (number < 0) {
        return;
      }
      FlowBatch batch = events.take();
      describe(number, state);
      ByteBuffer message = batch.messages();
      requests.create(message, flow, LIFETIME_SECONDS, 0);
      if (ended) {
        message.putShort(TYPE, ENDED);
      } else if (state != FlowState.TCP_SYN_SENT) {
        message.putShort(FLAGS, (short) 0);
      }
      watch.take(message.flip(), 1);
      batch.release();
    }

    /** Translated ones, untranslated ones, both families, TCP and UDP. */
    private void describe(int number, int state) {
      flow.clear();
      flow.original.ipv4(CLIENT.bits(), SERVER.bits());
      flow.original.ipv6 = number % 4 == 3;
      flow.original.protocol = number % 4 < 2 ? IpProtocol.TCP : IpProtocol.UDP;
      flow.original.ports(number & 0xffff, SERVER_PORT);
      flow.reply.invert(flow.original);
      flow.has = FlowEntry.HAS_STATUS | FlowEntry.HAS_TIMEOUT | FlowEntry.HAS_REPLY;
      flow.timeoutSeconds = LIFETIME_SECONDS;
      flow.status = FlowStatus.CONFIRMED;
      if (state != FlowState.TCP_SYN_SENT) {
        flow.status |= FlowStatus.SEEN_REPLY;
      }
      if (flow.original.protocol == IpProtocol.TCP) {
        flow.has |= FlowEntry.HAS_TCP_STATE;
        flow.state = state;
      }
      if (number % 4 == 0) {
        flow.reply.ports(SERVER_PORT, number + 1 & 0xffff);
        flow.status |= FlowStatus.SRC_NAT | FlowStatus.SRC_NAT_DONE;
        flow.markTranslations();
      }
    }

    @Override
    public void written(ConntrackWriter.Batch batch) {
      work.add(() -> committer.answered(batch));
    }

    @Override
    public void failed(ConntrackWriter.Batch batch, SyscallException why) {
      work.add(() -> committer.unanswered(batch));
    }

    // -------------------------------------------------------------------------------- the link

    @Override
    public void send(int path, IpAddress target, ByteBuffer bytes) {
      Router other = Objects.requireNonNull(peer);
      socket.send(bytes, LOOPBACK, other.socket.localPort());
      other.receive(path, own(paths().get(path).name()).getFirst());
    }

    @Override
    public void sendHello(int path, ByteBuffer bytes) {
      Objects.requireNonNull(peer).receive(path, own(paths().get(path).name()).getFirst(), bytes);
    }

    private void receive(int path, IpAddress source) {
      if (socket.receive(0) >= 0) {
        receive(path, source, socket.datagram());
      }
    }

    private void receive(int path, IpAddress source, ByteBuffer bytes) {
      links.received(path, source, datagram.copyOf(bytes), now);
    }

    // --------------------------------------------------------------------------------- a turn

    void turn() {
      for (AgentEvent event = inbox.poll(); event != null; event = inbox.poll()) {
        perform(core.apply(event, now));
      }
      if (core.deadlineNanos() - now <= 0) {
        perform(core.apply(new AgentEvent.DeadlineReached(), now));
      }
      followRole();
      for (Runnable next = work.poll(); next != null; next = work.poll()) {
        next.run();
      }
      while (committer.commitSome()) {
        // Until there is no more, or no batch is free.
      }
      links.committed(committer.committed());
      links.fill(this, now);
      judge.judge(links.links(), committer.done(), Speakers.LISTED, now, this::tell);
    }

    private void followRole() {
      Role role = role();
      if (role != told) {
        told = role;
        boolean active = role == Role.ACTIVE;
        flows.setActive(active);
        watch.active(active);
        links.tell(state(), now);
      }
    }

    void close() {
      writer.close();
      socket.close();
      table.release();
    }
  }

  /** One datagram on its way, as the link's receivers keep it. */
  private static final class Datagram {
    static final int BYTES_MAX = 9216;
    private final ByteBuffer bytes = ByteBuffer.allocate(BYTES_MAX);

    ByteBuffer copyOf(ByteBuffer received) {
      return bytes.clear().put(received.duplicate()).flip();
    }
  }
}
