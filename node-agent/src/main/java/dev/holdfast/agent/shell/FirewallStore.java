package dev.holdfast.agent.shell;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file that {@link FirewallState} lives in. */
final class FirewallStore {

  private static final Logger LOG = LoggerFactory.getLogger(FirewallStore.class);
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  static final String FILE = "firewall.json";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  private final DiskStore disk;

  FirewallStore(DiskStore disk) {
    this.disk = disk;
  }

  /** What this boot of the kernel is called. */
  static String bootId() {
    try {
      return Files.readString(BOOT_ID).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + BOOT_ID, e);
    }
  }

  /**
   * What was kept; nothing when there is none, or none that can be read. When the last write did
   * not come to its end it is the one before, which is right: what was to be done is then not
   * begun.
   */
  Optional<FirewallState> load() {
    Optional<DiskStore.Stored> stored = disk.read(FILE);
    stored
        .map(DiskStore.Stored::problem)
        .filter(problem -> !problem.isEmpty())
        .ifPresent(problem -> LOG.warn("firewall state damaged why=\"{}\"", problem));
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(stored.get().text(), FirewallState.class));
    } catch (JsonProcessingException e) {
      LOG.warn("firewall state unreadable why=\"{}\"", e.getOriginalMessage());
      return Optional.empty();
    }
  }

  /** Writes it; when this returns it survives a power cut. */
  void save(FirewallState state) {
    try {
      disk.write(FILE, JSON.writeValueAsString(state));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + FILE + ": " + e.getMessage(), e);
    }
  }
}
