package dev.holdfast.agent.ops;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The pages {@code /metrics}, {@code /livez} and {@code /readyz}, on each address of {@code
 * --listen}.
 *
 * <p>{@code /livez} is 200 while the loop turns; {@code /readyz} while the router could take or has
 * the role. A failing page says why in its body.
 */
public final class HttpPages implements AutoCloseable {

  /** Whether something holds, and the sentence that says so. */
  public record Answer(boolean holds, String sentence) {}

  /** What the pages ask. Called on a page's thread. */
  public interface Health {
    Answer live();

    Answer ready();
  }

  private final List<HttpServer> servers = new ArrayList<>();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          2, runnable -> Thread.ofPlatform().daemon().name("http").unstarted(runnable));

  /**
   * Opens the pages.
   *
   * @throws IOException naming the address that could not be opened
   */
  public HttpPages(List<InetSocketAddress> addresses, PrometheusRegistry registry, Health health)
      throws IOException {
    for (InetSocketAddress address : addresses) {
      try {
        HttpServer server = HttpServer.create(address, 0);
        server.setExecutor(threads);
        server.createContext("/metrics", new MetricsHandler(registry));
        server.createContext("/livez", exchange -> answer(exchange, health.live()));
        server.createContext("/readyz", exchange -> answer(exchange, health.ready()));
        server.start();
        servers.add(server);
      } catch (IOException e) {
        close();
        throw new IOException(
            "cannot listen on "
                + address.getHostString()
                + ":"
                + address.getPort()
                + " for metrics: "
                + e.getMessage()
                + ". Say another address with --listen",
            e);
      }
    }
  }

  private static void answer(HttpExchange exchange, Answer answer) throws IOException {
    try (exchange) {
      byte[] body = (answer.sentence() + "\n").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(answer.holds() ? 200 : 503, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    servers.forEach(server -> server.stop(0));
    threads.shutdownNow();
  }
}
