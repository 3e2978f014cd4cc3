package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.addr.Family;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.Router;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * With the link down on every path, what an agent says of its flows against what a power cut costs.
 * In all of them only the server speaks, so that nothing but another router's knowledge of a flow
 * keeps it.
 */
@DisplayName("Flows that the status calls unprotected")
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class UnprotectedFlowsNetnsIT {

  private static final int PORT = 7100;
  private static final int EACH = 20;
  private static final long LIMIT_MILLIS = 30_000;

  /** In the place of a reason. */
  private static final String PROTECTED = "";

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private PolicyLab lab;
  private ServerSocket server;
  private final List<Socket> downloads = new CopyOnWriteArrayList<>();

  /** The client's ends by their own ports. */
  private final Map<Integer, Socket> clients = new TreeMap<>();

  @BeforeEach
  void build() {
    lab = new PolicyLab(folder, PolicyLab.ARTICLE, Map.of());
    Namespace internet = lab.internetHost();
    server = internet.call(() -> new ServerSocket(PORT, 2 * EACH));
    Thread.ofPlatform().daemon().name("takes-clients").start(this::acceptAll);
    Thread.ofPlatform().daemon().name("speaks").start(this::speak);
  }

  @AfterEach
  void remove() throws IOException {
    server.close();
    for (Socket client : clients.values()) {
      client.close();
    }
    lab.close();
  }

  private void acceptAll() {
    try {
      while (true) {
        downloads.add(server.accept());
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  /** A byte to everyone every tenth of a second. */
  private void speak() {
    while (!server.isClosed()) {
      downloads.removeIf(download -> !spoken(download));
      PolicyLab.pause(100);
    }
  }

  private static boolean spoken(Socket download) {
    try {
      download.getOutputStream().write(1);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void areThoseThatAPowerCutCosts() {
    Router active = lab.a();
    open();
    Set<Integer> before = Set.copyOf(clients.keySet());
    lab.await(
        active,
        "all flows protected",
        LIMIT_MILLIS,
        () -> said(active, PROTECTED).containsAll(before));

    lab.fault("link-down", active);
    open();
    Set<Integer> after = new TreeSet<>(clients.keySet());
    after.removeAll(before);
    // Without the link nobody knows whether there still is another router: none is called safe, and
    // those that it holds if it runs are told from those that it cannot hold.
    lab.await(
        active,
        "the flows born since known to nobody else",
        LIMIT_MILLIS,
        () -> said(active, "NoPeer").equals(after));
    assertThat(said(active, "PeerSilent")).isEqualTo(before);
    assertThat(said(active, PROTECTED)).isEmpty();

    lab.fault("power-off", active);
    PolicyLab.await("the other router has the role", LIMIT_MILLIS, () -> lab.isActive(lab.b()));
    clients.values().forEach(UnprotectedFlowsNetnsIT::heard);
    Set<Integer> heard = new TreeSet<>();
    PolicyLab.await(
        "the flows that were protected go on",
        LIMIT_MILLIS,
        () -> {
          clients.forEach(
              (port, client) -> {
                if (heard(client)) {
                  heard.add(port);
                }
              });
          return heard.containsAll(before);
        });

    Set<Integer> lost = new TreeSet<>(clients.keySet());
    lost.removeAll(heard);
    assertThat(lost).isEqualTo(after);
  }

  private void open() {
    String target = lab.topology().internetHost().address(Family.IPV4).orElseThrow().toString();
    for (int i = 0; i < EACH; i++) {
      Socket client = lab.lanHost().call(() -> new Socket(target, PORT));
      clients.put(client.getLocalPort(), client);
    }
    PolicyLab.await(
        "every client hears its server",
        LIMIT_MILLIS,
        () -> clients.values().stream().allMatch(UnprotectedFlowsNetnsIT::hasHeard));
  }

  private static boolean hasHeard(Socket client) {
    try {
      return client.getInputStream().available() > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether something came since the last look. */
  private static boolean heard(Socket client) {
    try {
      return client.getInputStream().skip(client.getInputStream().available()) > 0;
    } catch (IOException e) {
      return false; // reset
    }
  }

  /** The clients' ports of the flows that an agent calls unprotected for that reason. */
  private Set<Integer> said(Router router, String reason) {
    Set<Integer> ports = new TreeSet<>();
    String lines =
        lab.agent(router)
            .command(
                "flows", List.of("--ours", "--port", String.valueOf(PORT), "--output", "json"));
    for (String line : lines.lines().toList()) {
      JsonNode flow = read(line);
      if (flow.path("reason").asText(PROTECTED).equals(reason)) {
        ports.add(flow.at("/original/sourcePort").asInt());
      }
    }
    return ports;
  }

  private static JsonNode read(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new AssertionError(line, e);
    }
  }
}
