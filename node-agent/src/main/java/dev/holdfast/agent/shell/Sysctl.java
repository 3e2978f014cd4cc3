package dev.holdfast.agent.shell;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The kernel's settings under {@code /proc/sys}. Those under {@code net/} are of the network
 * namespace of the calling thread.
 *
 * <p>A setting is named by its path, like {@code net/ipv4/conf/eth0.10/rp_filter}: interface names
 * contain dots, so dots cannot separate.
 *
 * @param root {@code /proc/sys}, or a copy for tests
 * @param net its folder {@code net}; in a container the host's, mounted where it can be written
 */
public record Sysctl(Path root, Path net) {

  /** Names that folder. A container's own {@code /proc/sys} is read-only. */
  private static final String NET_FOLDER = "HOLDFAST_SYSCTL_NET";

  private static final Path NET = Path.of("net");

  public Sysctl(Path root) {
    this(root, root.resolve("net"));
  }

  public static Sysctl ofThisMachine() {
    Path root = Path.of("/proc/sys");
    String net = System.getenv(NET_FOLDER);
    return net == null ? new Sysctl(root) : new Sysctl(root, Path.of(net));
  }

  private Path file(String path) {
    Path setting = Path.of(path);
    return setting.startsWith(NET) ? net.resolve(NET.relativize(setting)) : root.resolve(setting);
  }

  /** The value without surrounding blanks; empty when there is no such setting. */
  public Optional<String> read(String path) {
    try {
      return Optional.of(Files.readString(file(path)).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Writes a value.
   *
   * @throws IOException with the kernel's reason
   */
  public void write(String path, String value) throws IOException {
    // No truncation: the file is not one.
    try (var out = Files.newByteChannel(file(path), StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap((value + "\n").getBytes(StandardCharsets.US_ASCII)));
    } catch (AccessDeniedException e) {
      throw new IOException(
          "not permitted: /proc/sys is read-only, or only the host may set it", e);
    }
  }

  /**
   * The names in a folder of settings, sorted: all interfaces, with {@code all} and {@code
   * default}.
   */
  public List<String> children(String path) {
    try (Stream<Path> children = Files.list(file(path))) {
      return children.map(child -> child.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** As people write it: with dots, or with slashes where a part itself has a dot. */
  public static String name(String path) {
    return path.indexOf('.') >= 0 ? path : path.replace('/', '.');
  }
}
