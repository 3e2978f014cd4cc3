package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.ctnetlink.CtCodec;
import dev.holdfast.agent.ctnetlink.CtKind;
import dev.holdfast.agent.ctnetlink.CtMessage;
import dev.holdfast.agent.ctnetlink.CtRequests;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.Ipv4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The program {@code conntrack} is the judge of what we write and the cause of what we hear. */
@DisplayName("The kernel's table of flows")
class ConntrackNetnsIT {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final int CLIENT = Ipv4Address.parse("10.1.0.2").bits();
  private static final int SERVER = Ipv4Address.parse("10.2.0.2").bits();
  private static final int GATEWAY = Ipv4Address.parse("10.2.0.1").bits();

  private final TestNetwork network = TestNetwork.open();
  private final String router = network.namespace("router");
  private final CtRequests requests = new CtRequests();
  private final FlowEntry flow = new FlowEntry();

  @AfterEach
  void close() {
    network.close();
  }

  private String conntrack(String arguments) {
    return network.in(router, ("conntrack " + arguments).split(" "));
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  /** An established TCP flow from the client's port. */
  private FlowEntry tcp(int clientLowBits, int port) {
    flow.clear();
    flow.original.protocol = IpProtocol.TCP;
    flow.original.ipv4(CLIENT + clientLowBits, SERVER);
    flow.original.ports(port, 80);
    flow.reply.invert(flow.original);
    flow.has = FlowEntry.HAS_STATUS | FlowEntry.HAS_TCP_STATE;
    flow.status = FlowStatus.CONFIRMED | FlowStatus.SEEN_REPLY | FlowStatus.ASSURED;
    flow.state = 3;
    return flow;
  }

  /** Decodes everything in a batch and gives it back. */
  private static final class Reader implements NetlinkSocket.Messages {
    private final CtCodec codec = new CtCodec();
    private final CtMessage message = new CtMessage();
    private final FlowEntry read = new FlowEntry();
    private final List<String> told;

    Reader(List<String> told) {
      this.told = told;
    }

    @Override
    public void message(ByteBuffer buffer, int offset, int length) {
      assertThat(codec.next(buffer, offset, length, message)).isNull();
      if (message.kind.isFlow()) {
        assertThat(codec.readFlow(buffer, message, read)).isNull();
        told.add(message.kind + " " + read.original.sourcePort());
      }
    }

    void read(FlowBatch batch) {
      assertThat(NetlinkSocket.forEach(batch.messages(), this)).isTrue();
      batch.release();
    }
  }

  private static class Events implements ConntrackListener.Sink {
    final List<String> told = new CopyOnWriteArrayList<>();
    final AtomicInteger lost = new AtomicInteger();
    private final Reader reader = new Reader(told);

    @Override
    public void events(FlowBatch batch) {
      reader.read(batch);
    }

    @Override
    public void lost() {
      lost.incrementAndGet();
    }

    @Override
    public void failed(SyscallException why) {
      throw why;
    }
  }

  private ConntrackListener listen(
      ConntrackListener.Sink sink, ConntrackListener.Options options, int... ownPortIds) {
    return network.call(router, () -> ConntrackListener.start(options, ownPortIds, () -> {}, sink));
  }

  // ---------------------------------------------------------------------------------- listening

  @Test
  void tellsTheLifeOfAFlow() {
    var events = new Events();
    try (var _ = listen(events, ConntrackListener.Options.DEFAULT)) {
      conntrack("-I -p tcp -s 10.1.0.2 -d 10.2.0.2 --sport 1234 --dport 80 --state SYN_SENT -t 60");
      conntrack("-U -p tcp -s 10.1.0.2 -d 10.2.0.2 --sport 1234 --dport 80 -m 7");
      conntrack("-D -p tcp -s 10.1.0.2 -d 10.2.0.2 --sport 1234 --dport 80");
      TestNetwork.await("its end", SOON, () -> events.told.contains("ENDED 1234"));
    }
    assertThat(events.told).containsExactly("BORN 1234", "UPDATED 1234", "ENDED 1234");
    assertThat(events.lost).hasValue(0);
  }

  @Test
  void doesNotTellWhatTheAgentDidItself() {
    var events = new Events();
    try (var own = network.call(router, ConntrackSocket::open);
        var _ = listen(events, ConntrackListener.Options.DEFAULT, own.portId())) {
      ByteBuffer out = buffer(4096);
      requests.create(out, tcp(0, 1000), 60, 0);
      requests.delete(out, flow.original, 0);
      assertThat(own.write(out.flip(), (_, _) -> {})).isEqualTo(2);
      conntrack("-I -p tcp -s 10.1.0.2 -d 10.2.0.2 --sport 2000 --dport 80 --state SYN_SENT -t 60");
      TestNetwork.await("the other's flow", SOON, () -> !events.told.isEmpty());
    }
    assertThat(events.told).containsExactly("BORN 2000");
  }

  @Test
  void whatTheAgentDidItselfTakesNoRoomFromWhatOthersDo() {
    var events = new Events();
    var small = new ConntrackListener.Options(2, 4096, 8_192, false);
    try (var own = network.call(router, ConntrackSocket::open);
        var _ = listen(events, small, own.portId())) {
      createMany(own, 5_000);
      conntrack("-I -p tcp -s 10.9.0.2 -d 10.2.0.2 --sport 7 --dport 80 --state SYN_SENT -t 60");
      TestNetwork.await("the other's flow", SOON, () -> !events.told.isEmpty());
    }
    assertThat(events.told).containsExactly("BORN 7");
    assertThat(events.lost).hasValue(0);
  }

  @Test
  void saysThatEventsWereLostWhenNobodyTakesThemAndGoesOn() throws InterruptedException {
    BlockingQueue<FlowBatch> untouched = new ArrayBlockingQueue<>(100);
    var events =
        new Events() {
          @Override
          public void events(FlowBatch batch) {
            untouched.add(batch);
          }
        };
    var small = new ConntrackListener.Options(2, 4096, 100_000, false);
    try (var writer = network.call(router, ConntrackSocket::open);
        var _ = listen(events, small)) {
      createMany(writer, 5_000);
      assertThat(untouched).as("batches under way, all there are").hasSizeLessThanOrEqualTo(2);
      var reader = new Reader(events.told);
      while (events.lost.get() == 0) {
        FlowBatch batch = untouched.poll(5, TimeUnit.SECONDS);
        assertThat(batch).isNotNull();
        reader.read(batch);
      }
      for (FlowBatch batch = untouched.poll(200, TimeUnit.MILLISECONDS);
          batch != null;
          batch = untouched.poll(200, TimeUnit.MILLISECONDS)) {
        reader.read(batch);
      }
      assertThat(events.told).hasSizeBetween(10, 4_999);
      events.told.clear();
      conntrack("-I -p tcp -s 10.9.0.2 -d 10.2.0.2 --sport 7 --dport 80 --state SYN_SENT -t 60");
      FlowBatch after = untouched.poll(5, TimeUnit.SECONDS);
      assertThat(after).isNotNull();
      reader.read(after);
      assertThat(events.told).containsExactly("BORN 7");
    }
  }

  private void createMany(ConntrackSocket writer, int count) {
    ByteBuffer out = buffer(64 << 10);
    int made = 0;
    while (made < count) {
      out.clear();
      while (made < count && requests.create(out, tcp(made / 50_000, 1 + made % 50_000), 600, 0)) {
        made++;
      }
      writer.write(out.flip(), (index, errno) -> assertThat(errno).as("%d", index).isZero());
    }
  }

  // ------------------------------------------------------------------------------------ writing

  @Test
  void holdsWhatWasWrittenAsTheToolSeesIt() {
    try (var writer = network.call(router, ConntrackSocket::open)) {
      ByteBuffer out = buffer(4096);
      tcp(0, 40_000).has |= FlowEntry.HAS_REPLY | FlowEntry.HAS_SOURCE_NAT;
      flow.reply.ipv4(SERVER, GATEWAY);
      flow.reply.ports(80, 40_000);
      assertThat(requests.create(out, flow, 432_000, 0)).isTrue();
      assertThat(writer.write(out.flip(), (_, _) -> {})).isEqualTo(1);
    }
    assertThat(conntrack("-L -p tcp"))
        .contains("ESTABLISHED src=10.1.0.2 dst=10.2.0.2 sport=40000 dport=80")
        .contains("src=10.2.0.2 dst=10.2.0.1 sport=80 dport=40000 [ASSURED]");
    assertThat(conntrack("-L -n 10.2.0.1")).as("translated").contains("sport=40000");
  }

  @Test
  void saysWhichRequestsOfABatchItRefusedAndWhy() {
    List<String> refused = new ArrayList<>();
    try (var writer = network.call(router, ConntrackSocket::open)) {
      ByteBuffer out = buffer(16_384);
      for (int port : new int[] {1, 2, 1, 3, 2}) {
        requests.create(out, tcp(0, port), 60, 0);
      }
      requests.delete(out, tcp(0, 99).original, 0);
      int taken =
          writer.write(
              out.flip(), (index, errno) -> refused.add(index + " " + Errno.describe(errno)));
      assertThat(taken).isEqualTo(3);
      assertThat(refused)
          .containsExactly(
              "2 EEXIST, exists already", "4 EEXIST, exists already", "5 ENOENT, no such thing");

      out.clear();
      requests.get(out, tcp(0, 2).original, 0);
      List<String> got = new ArrayList<>();
      assertThat(writer.get(out.flip(), new Reader(got))).isZero();
      assertThat(got).containsExactly(CtKind.SEEN + " 2");
    }
  }

  @Test
  void isWrittenByTheLoopsBatchesInOrder() throws InterruptedException {
    BlockingQueue<String> answers = new ArrayBlockingQueue<>(100);
    var sink =
        new ConntrackWriter.Sink() {
          @Override
          public void written(ConntrackWriter.Batch batch) {
            var text = new StringBuilder("ticket " + batch.ticket() + ": " + batch.taken());
            for (int i = 0; i < batch.refusals(); i++) {
              text.append(", ").append(batch.refusedIndex(i)).append(" refused with ");
              text.append(batch.refusedErrno(i));
            }
            batch.release();
            answers.add(text.toString());
          }

          @Override
          public void failed(ConntrackWriter.Batch batch, SyscallException why) {
            answers.add(String.valueOf(why.getMessage()));
          }
        };
    try (var writer =
        network.call(router, () -> ConntrackWriter.start(2, 32 << 10, () -> {}, sink))) {
      ConntrackWriter.Batch first = acquire(writer);
      ConntrackWriter.Batch second = acquire(writer);
      assertThat(writer.tryAcquire()).as("a third").isNull();
      requests.create(first.requests(), tcp(0, 1), 60, 0);
      requests.create(first.requests(), tcp(0, 2), 60, 0);
      requests.create(second.requests(), tcp(0, 2), 60, 0);
      requests.delete(second.requests(), tcp(0, 1).original, 0);
      first.submit(7);
      second.submit(8);
      assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("ticket 7: 2");
      assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("ticket 8: 1, 0 refused with 17");
      assertThat(acquire(writer).requests().position()).isZero();
    }
    assertThat(conntrack("-L")).contains("sport=2").doesNotContain("sport=1 ");
  }

  private static ConntrackWriter.Batch acquire(ConntrackWriter writer) {
    ConntrackWriter.Batch batch = writer.tryAcquire();
    assertThat(batch).isNotNull();
    return batch;
  }

  // ------------------------------------------------------------------------------------ dumping

  private static final class Seen implements ConntrackDumper.Sink {
    final List<String> told = new CopyOnWriteArrayList<>();
    final AtomicLong messages = new AtomicLong();
    final AtomicInteger complete = new AtomicInteger();
    private final Reader reader = new Reader(told);
    private final boolean decode;

    Seen(boolean decode) {
      this.decode = decode;
    }

    @Override
    public void seen(FlowBatch batch) {
      if (decode) {
        reader.read(batch);
      } else {
        NetlinkSocket.forEach(batch.messages(), (_, _, _) -> messages.incrementAndGet());
        batch.release();
      }
    }

    @Override
    public void restarted() {
      told.clear();
      messages.set(0);
    }

    @Override
    public void complete() {
      complete.incrementAndGet();
    }

    @Override
    public void failed(SyscallException why) {
      throw why;
    }
  }

  @Test
  void isReadWholeAndMoreThanOnce() {
    var seen = new Seen(true);
    try (var writer = network.call(router, ConntrackSocket::open);
        var dumper = network.call(router, () -> ConntrackDumper.open(seen))) {
      createMany(writer, 1_000);
      ByteBuffer request = buffer(1024);
      requests.dump(request);
      request.flip();
      for (int round = 1; round <= 3; round++) {
        int wanted = round;
        seen.told.clear();
        assertThat(network.call(router, () -> dumper.begin(request))).isTrue();
        TestNetwork.await("the end", SOON, () -> seen.complete.get() == wanted);
        assertThat(seen.told).hasSize(1_000).contains("SEEN 1", "SEEN 1000");
      }
    }
  }

  // -------------------------------------------------------------------------------------- speed

  @Test
  void carriesManyFlows() {
    int count = 60_000;
    var heard = new AtomicLong();
    var events =
        new Events() {
          @Override
          public void events(FlowBatch batch) {
            NetlinkSocket.forEach(batch.messages(), (_, _, _) -> heard.incrementAndGet());
            batch.release();
          }
        };
    var seen = new Seen(false);
    try (var writer = network.call(router, ConntrackSocket::open);
        var _ = listen(events, ConntrackListener.Options.DEFAULT);
        var dumper = network.call(router, () -> ConntrackDumper.open(seen))) {
      long start = System.nanoTime();
      createMany(writer, count);
      long created = System.nanoTime();
      TestNetwork.await(
          "all events, or word of their loss",
          Duration.ofSeconds(20),
          () -> heard.get() >= count || events.lost.get() > 0);
      long listened = System.nanoTime();
      ByteBuffer request = buffer(1024);
      requests.dump(request);
      network.call(router, () -> dumper.begin(request.flip()));
      TestNetwork.await("the dump", Duration.ofSeconds(20), () -> seen.complete.get() == 1);
      long dumped = System.nanoTime();
      System.out.printf(
          "%d flows: created in %d ms while their events came; %d heard %d ms after, lost %d times;"
              + " dumped in %d ms%n",
          count,
          (created - start) / 1_000_000,
          heard.get(),
          (listened - created) / 1_000_000,
          events.lost.get(),
          (dumped - listened) / 1_000_000);
      assertThat(seen.messages).hasValue(count);
      conntrack("-F");
    }
  }

  @Test
  void closingEndsTheThreads() {
    var events = new Events();
    var listener = listen(events, ConntrackListener.Options.DEFAULT);
    var writer =
        network.call(
            router,
            () ->
                ConntrackWriter.start(
                    1,
                    4096,
                    () -> {},
                    new ConntrackWriter.Sink() {
                      @Override
                      public void written(ConntrackWriter.Batch batch) {}

                      @Override
                      public void failed(ConntrackWriter.Batch batch, SyscallException why) {}
                    }));
    listener.close();
    writer.close();
    TestNetwork.await(
        "both threads have ended",
        SOON,
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().startsWith("conntrack-")));
  }
}
