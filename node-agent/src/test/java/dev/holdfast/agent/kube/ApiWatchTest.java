package dev.holdfast.agent.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Following a GatewayNode at a server that does not answer as it should")
class ApiWatchTest {

  private static final String NODE =
      """
      {"apiVersion": "holdfast.dev/v1alpha1", "kind": "GatewayNode",
       "metadata": {"name": "home-a", "namespace": "ns", "uid": "u", "generation": 1,
                    "resourceVersion": "7"},
       "spec": {}}
      """;
  private static final long LIMIT_SECONDS = 60;

  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> openings = new LinkedBlockingQueue<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer server;

  /** Answers who reads, and leaves everyone hanging who asks to be told of changes. */
  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stopServer() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    if (String.valueOf(exchange.getRequestURI().getQuery()).contains("watch=true")) {
      openings.add("asked");
      try {
        end.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      exchange.close();
      return;
    }
    byte[] body = NODE.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private ApiWatch follow() {
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
            .withNamespace("ns")
            .withRequestRetryBackoffLimit(0)
            .withWatchReconnectLimit(0)
            .build();
    ApiWatch.Listener listener =
        new ApiWatch.Listener() {
          @Override
          public void found(NodeFollower.Document document) {
            told.add("generation " + document.generation());
          }

          @Override
          public void absent() {
            told.add("absent");
          }

          @Override
          public void away(String why) {
            told.add(why);
          }
        };
    return new ApiWatch(
        () -> new KubernetesClientBuilder().withConfig(config).build(),
        "ns",
        "home-a",
        listener,
        new Random(1));
  }

  private static String next(BlockingQueue<String> queue) throws InterruptedException {
    return String.valueOf(queue.poll(LIMIT_SECONDS, TimeUnit.SECONDS));
  }

  @Test
  void anOpeningThatHangsIsGivenUpAtOnceWhenSomebodySuspectsIt() throws InterruptedException {
    try (ApiWatch watch = follow()) {
      assertThat(next(told)).isEqualTo("generation 1");
      assertThat(next(openings)).isEqualTo("asked");

      watch.suspect();

      assertThat(next(told)).isEqualTo("generation 1");
      assertThat(next(openings)).isEqualTo("asked");
    }
  }

  @Test
  void anOpeningThatHangsIsGivenUpAfterAWhileByItself() throws InterruptedException {
    try (ApiWatch _ = follow()) {
      assertThat(next(told)).isEqualTo("generation 1");

      assertThat(next(told)).contains("no answer within 10 s");
      assertThat(next(told)).isEqualTo("generation 1");
    }
  }
}
