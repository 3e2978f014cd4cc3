package dev.holdfast.agent.ops;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the other commands of the program on {@code RUN-DIR/NODE.sock} (mode 0600).
 *
 * <p>One request a connection: a line of JSON, {@code {"command": "status", …}}. The answer is a
 * line {@code {"ok": true}} or {@code {"ok": false, "error": "…"}}, then the command's own lines,
 * then the end of the stream. At most {@value #CONNECTIONS_MAX} are served at once; one more waits
 * in the listen queue.
 */
public final class ControlServer implements AutoCloseable {

  /** Answers one command. Called on a connection's thread; may take as long as the command does. */
  public interface Handler {

    /**
     * @param request the whole request object
     * @param lines takes each line of the answer; call it only when the command succeeds
     * @throws Refused with the sentence that the user reads
     */
    void answer(JsonNode request, Consumer<String> lines) throws Refused;
  }

  /** The command is refused or has failed; the message is for the user. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    public Refused(String sentence) {
      super(sentence);
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
  private static final int CONNECTIONS_MAX = 8;
  private static final long LAST_ANSWER_MILLIS = 1_000;
  private static final int REQUEST_CHARS_MAX = 64 * 1024;

  private final ObjectMapper json = new ObjectMapper();
  private final Path path;
  private final ServerSocketChannel server;
  private final Handler handler;
  private final Semaphore free = new Semaphore(CONNECTIONS_MAX);

  /**
   * Opens the socket; an old one of the same name (its owner is gone, or we would not hold the lock
   * of the run folder) is replaced.
   */
  public ControlServer(Path path, Handler handler) throws IOException {
    this.path = path;
    this.handler = handler;
    Files.deleteIfExists(path);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    Thread.ofPlatform().daemon().name("control").start(this::acceptAll);
  }

  private void acceptAll() {
    while (server.isOpen()) {
      try {
        free.acquire();
        SocketChannel connection = server.accept();
        Thread.ofPlatform().daemon().name("control-client").start(() -> serve(connection));
      } catch (IOException e) {
        free.release();
        if (server.isOpen()) {
          LOG.warn("control socket: accept failed: {}", e.getMessage());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void serve(SocketChannel connection) {
    try (connection;
        BufferedReader in =
            new BufferedReader(Channels.newReader(connection, StandardCharsets.UTF_8));
        BufferedWriter out =
            new BufferedWriter(Channels.newWriter(connection, StandardCharsets.UTF_8))) {
      Answer answer = new Answer(out);
      try {
        handler.answer(request(in), answer);
        answer.begin();
      } catch (Refused e) {
        answer.refuse(String.valueOf(e.getMessage()));
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("control client went away: {}", e.getMessage());
    } finally {
      free.release();
    }
  }

  private JsonNode request(BufferedReader in) throws IOException, Refused {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (line.length() == REQUEST_CHARS_MAX) {
        throw new Refused("the request is longer than " + REQUEST_CHARS_MAX + " characters");
      }
      line.append((char) c);
    }
    try {
      JsonNode request = json.readTree(line.toString());
      if (request != null && request.path("command").isTextual()) {
        return request;
      }
    } catch (IOException e) {
      LOG.debug("control request is not JSON", e);
    }
    throw new Refused("the request is not an object with a \"command\"");
  }

  @Override
  public void close() throws IOException {
    server.close();
    awaitAnswers();
    Files.deleteIfExists(path);
  }

  /** Whoever is being answered gets his answer, also when it was the last. */
  private void awaitAnswers() {
    try {
      if (!free.tryAcquire(CONNECTIONS_MAX, LAST_ANSWER_MILLIS, TimeUnit.MILLISECONDS)) {
        LOG.debug("control socket closed before every answer was taken");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Writes the first line once, then the handler's. */
  private final class Answer implements Consumer<String> {
    private final BufferedWriter out;
    private boolean begun;

    Answer(BufferedWriter out) {
      this.out = out;
    }

    void begin() throws IOException {
      if (!begun) {
        begun = true;
        out.write("{\"ok\":true}\n");
      }
    }

    void refuse(String sentence) throws IOException {
      if (!begun) {
        begun = true;
        out.write(json.createObjectNode().put("ok", false).put("error", sentence) + "\n");
      }
    }

    @Override
    public void accept(String line) {
      try {
        begin();
        out.write(line);
        out.write('\n');
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
