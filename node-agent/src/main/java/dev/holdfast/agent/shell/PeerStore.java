package dev.holdfast.agent.shell;

import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkFields;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the peers proved of their addresses, on the disk: after a start they are asked where they
 * were, before a hello of theirs is heard (where multicast does not pass, it never is).
 *
 * <p>A line {@code NAME=HELLO} for each, the hello as the link carries it, in base64. The loop
 * never waits for a disk: the thread {@code peers-writer} writes, only the latest counts.
 */
final class PeerStore implements AutoCloseable {
  /** In the state folder. */
  static final String FILE = "peers";

  private static final Logger LOG = LoggerFactory.getLogger(PeerStore.class);
  private static final int HELLO_BYTES_MAX = 16_384;
  private static final long CLOSE_SECONDS = 2;

  private final DiskStore disk;
  private final Map<String, Hello> known;
  private final AtomicReference<String> latest = new AtomicReference<>("");
  private final ThreadPoolExecutor writer =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> Thread.ofPlatform().daemon().name("peers-writer").unstarted(task));

  PeerStore(DiskStore disk) {
    this.disk = disk;
    known = disk.read(FILE).map(stored -> parse(stored.text())).orElseGet(TreeMap::new);
    writer.prestartCoreThread(); // What the loop starts would begin as an ordinary thread.
  }

  /** The peers by name; on the loop's thread. */
  Map<String, Hello> known() {
    return Map.copyOf(known);
  }

  /** A peer proved who it is and where; returns at once. On the loop's thread. */
  void keep(Hello identity) {
    if (identity.equals(known.put(identity.node(), identity))) {
      return;
    }
    latest.set(text(known));
    writer.execute(this::write);
  }

  private void write() {
    String text = latest.getAndSet("");
    if (text.isEmpty()) {
      return; // An earlier task wrote what this one was for.
    }
    try {
      disk.write(FILE, text);
    } catch (IOException e) {
      LOG.warn("peers are not kept file={} why=\"{}\"", FILE, e.toString());
    }
  }

  static String text(Map<String, Hello> peers) {
    StringBuilder text = new StringBuilder();
    peers.forEach(
        (name, hello) -> {
          ByteBuffer bytes = ByteBuffer.allocate(HELLO_BYTES_MAX);
          hello.write(bytes);
          byte[] written = Arrays.copyOf(bytes.array(), bytes.position());
          String encoded = Base64.getEncoder().encodeToString(written);
          text.append(name).append('=').append(encoded).append('\n');
        });
    return text.toString();
  }

  /** What can be read; a line that cannot is a peer that has to be found again. */
  static Map<String, Hello> parse(String text) {
    Map<String, Hello> peers = new TreeMap<>();
    for (String line : text.lines().toList()) {
      int equals = line.indexOf('=');
      try {
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(line.substring(equals + 1)));
        LinkFields message = new LinkFields().over(bytes, 0, bytes.limit());
        if (message.next() && Hello.read(message) instanceof Hello.Read.Ok(Hello hello)) {
          peers.put(hello.node(), hello);
        }
      } catch (IllegalArgumentException e) {
        LOG.warn("a peer on the disk cannot be read line=\"{}\"", line);
      }
    }
    return peers;
  }

  /** The latest is written before it returns. */
  @Override
  public void close() {
    writer.shutdown();
    try {
      if (!writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("peers are not kept: the disk does not answer");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
