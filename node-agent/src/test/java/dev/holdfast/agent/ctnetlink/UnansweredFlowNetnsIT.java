package dev.holdfast.agent.ctnetlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.netns.TestNetwork;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The role moved between a SYN and its answer: each of them may have passed another router. */
@DisplayName("A flow that was told when its SYN was not answered yet")
@Timeout(60)
class UnansweredFlowNetnsIT {
  private static final int PATIENCE_MILLIS = 5_000;
  private static final int PORT = 7001;
  private static final int CLIENT_PORT = 40_001;

  private final TestNetwork network = TestNetwork.open();
  private final String client = network.namespace("c");
  private final String router = network.namespace("r");
  private final String server = network.namespace("s");
  private KernelTable table;
  private ServerSocket listener;

  @BeforeEach
  void build() {
    network.cable(client, "eth0", router, "c");
    network.cable(server, "eth0", router, "s");
    network.ip(client, "addr add 10.1.0.2/24 dev eth0");
    network.ip(router, "addr add 10.1.0.1/24 dev c");
    network.ip(server, "addr add 10.2.0.2/24 dev eth0");
    network.ip(router, "addr add 10.2.0.1/24 dev s");
    network.ip(client, "route add default via 10.1.0.1");
    network.sysctl(router, "net.ipv4.ip_forward", "1");
    String drop = "-A FORWARD -m conntrack --ctstate INVALID -j DROP";
    network.in(router, ("iptables " + drop).split(" ", -1));
    String snat = "-t nat -A POSTROUTING -o s -j SNAT --to-source 10.2.0.1";
    network.in(router, ("iptables " + snat).split(" ", -1));
    table = new KernelTable(network, router);
    listener = network.call(server, () -> new ServerSocket(PORT));
  }

  @AfterEach
  void close() throws IOException {
    listener.close();
    table.close();
    network.close();
  }

  @Test
  void goesOnWhenTheAnswerPassedElsewhereAndTheClientSpeaks() throws Exception {
    try (Socket near = connect();
        Socket far = listener.accept()) {
      moveRole();

      near.getOutputStream().write(42);

      far.setSoTimeout(PATIENCE_MILLIS);
      assertThat(far.getInputStream().read()).isEqualTo(42);
      assertEstablished();
    }
  }

  @Test
  void goesOnWhenTheAnswerPassedElsewhereAndTheServerSpeaks() throws Exception {
    try (Socket near = connect();
        Socket far = listener.accept()) {
      moveRole();

      far.getOutputStream().write(42);

      near.setSoTimeout(PATIENCE_MILLIS);
      assertThat(near.getInputStream().read()).isEqualTo(42);
      assertEstablished();
    }
  }

  @Test
  void goesOnWhenTheSynComesAgain() throws Exception {
    moveRole();

    try (Socket near = connect();
        Socket far = listener.accept()) {
      near.getOutputStream().write(42);

      far.setSoTimeout(PATIENCE_MILLIS);
      assertThat(far.getInputStream().read()).isEqualTo(42);
      assertEstablished();
    }
  }

  private Socket connect() {
    return network.call(
        client,
        () -> {
          var socket = new Socket();
          socket.setReuseAddress(true);
          socket.bind(new InetSocketAddress(CLIENT_PORT));
          socket.connect(new InetSocketAddress("10.2.0.2", PORT), PATIENCE_MILLIS);
          return socket;
        });
  }

  /** This router is the other one now: of the flow it knows what was told after the SYN. */
  private void moveRole() {
    network.in(router, "conntrack", "-F");
    FlowEntry flow =
        Flows.translateSource(
            Flows.tcp("10.1.0.2", CLIENT_PORT, "10.2.0.2", PORT), "10.2.0.1", CLIENT_PORT);
    flow.state = FlowState.TCP_SYN_SENT;
    flow.status &= ~(FlowStatus.SEEN_REPLY | FlowStatus.ASSURED);
    flow.timeoutSeconds = 120;
    assertThat(table.create(flow)).isZero();
  }

  /** Soon: the last ACK may be delayed. */
  private void assertEstablished() {
    String translated = "dst=10.2.0.1 sport=7001 dport=" + CLIENT_PORT;
    TestNetwork.await(
        "the flow is established under the same translation",
        Duration.ofSeconds(5),
        () ->
            network
                .in(router, "conntrack", "-L", "-p", "tcp")
                .lines()
                .anyMatch(line -> line.contains("ESTABLISHED") && line.contains(translated)));
  }
}
