package dev.holdfast.agent.ctnetlink;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.netns.TestNetwork;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The connection tracking table of one namespace: written by us, read by us and by conntrack(8).
 */
final class KernelTable implements AutoCloseable {
  private static final int BATCH_BYTES = 128 * 1024;

  private final TestNetwork network;
  private final String namespace;
  final NetlinkSocket socket;
  final CtCodec codec = new CtCodec();
  final CtRequests requests = new CtRequests();
  private final CtMessage message = new CtMessage();

  KernelTable(TestNetwork network, String namespace) {
    this.network = network;
    this.namespace = namespace;
    socket = network.call(namespace, () -> NetlinkSocket.open(NetlinkSocket.NETFILTER, 4 << 20));
  }

  static ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(BATCH_BYTES).order(ByteOrder.nativeOrder());
  }

  /** Sends one request and gives its errno. */
  int send(Predicate<ByteBuffer> request) {
    ByteBuffer out = buffer();
    if (!request.test(out)) {
      throw new AssertionError("the request does not fit");
    }
    return socket.request(out.flip());
  }

  int create(FlowEntry flow) {
    return send(out -> requests.create(out, flow, flow.timeoutSeconds, 0));
  }

  /** Creates all in one batch; gives the refused ones' errno by index. */
  Map<Integer, Integer> createAll(List<FlowEntry> flows) {
    var refused = new TreeMap<Integer, Integer>();
    for (int from = 0; from < flows.size(); ) {
      ByteBuffer out = buffer();
      int to = from;
      while (to < flows.size()
          && requests.create(out, flows.get(to), flows.get(to).timeoutSeconds, 0)) {
        to++;
      }
      int first = from;
      socket.requestBatch(out.flip(), (i, errno) -> refused.put(first + i, errno));
      from = to;
    }
    return refused;
  }

  List<FlowEntry> dump() {
    List<FlowEntry> flows = new ArrayList<>();
    ByteBuffer out = buffer();
    requests.dump(out);
    socket.dump(out.flip(), (in, at, length) -> flows.add(read(in, at, length, CtKind.SEEN)));
    return flows;
  }

  FlowEntry read(ByteBuffer in, int at, int length, CtKind kind) {
    CtDrop drop = codec.next(in, at, length, message);
    if (drop != null || message.kind != kind) {
      throw new AssertionError("not a " + kind + " message: " + message.kind + " " + drop);
    }
    var flow = new FlowEntry();
    drop = codec.readFlow(in, message, flow);
    if (drop != null) {
      throw new AssertionError("a message of the kernel was dropped: " + drop);
    }
    return flow;
  }

  List<ExpectEntry> dumpExpectations() {
    List<ExpectEntry> expectations = new ArrayList<>();
    ByteBuffer out = buffer();
    requests.dumpExpectations(out);
    socket.dump(
        out.flip(),
        (in, at, length) -> {
          codec.next(in, at, length, message);
          var expectation = new ExpectEntry();
          CtDrop drop = codec.readExpectation(in, message, expectation);
          if (drop != null) {
            throw new AssertionError("a message of the kernel was dropped: " + drop);
          }
          expectations.add(expectation);
        });
    return expectations;
  }

  /** Header of the last message that was read. */
  CtMessage message() {
    return message;
  }

  /** What conntrack(8) lists, sorted, without the lifetimes that run down meanwhile. */
  List<String> listed(String... arguments) {
    List<String> words = new ArrayList<>(List.of("conntrack", "-L", "-o", "extended"));
    words.addAll(List.of(arguments));
    return network
        .in(namespace, words.toArray(String[]::new))
        .lines()
        .filter(line -> line.startsWith("ipv") || line.matches("^[0-9]+ .*"))
        .map(line -> line.replaceFirst("(ipv[46] +[0-9]+ \\S+ +[0-9]+) [0-9]+", "$1"))
        .map(line -> line.replaceFirst("^[0-9]+ ", ""))
        .map(line -> line.replace("use=2", "use=1").strip())
        .sorted()
        .toList();
  }

  @Override
  public void close() {
    socket.close();
  }
}
