package dev.holdfast.agent.shell;

import dev.holdfast.api.v1alpha1.KernelSetting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the kernel that the gateway needs: set, listed, and put back when they are no longer
 * wanted.
 *
 * <p>What was there before the first change is kept on disk, written before the change is made: an
 * agent that was killed and started again still knows the true originals. After a reboot the kernel
 * has its originals again and the note is void; the boot id tells.
 *
 * <p>Owner: one thread, in the network namespace of the gateway.
 */
public final class KernelSettings {
  private static final String FILE = "kernel-settings";
  private static final String BOOT_ID = "kernel/random/boot_id";

  private final Sysctl sysctl;
  private final DiskStore store;

  /** By path, in the order in which they were changed. */
  private final Map<String, String> originals = new LinkedHashMap<>();

  private final List<Wanted> wanted = new ArrayList<>();
  private final Map<String, String> problems = new LinkedHashMap<>();

  /**
   * A setting as it should be.
   *
   * @param path as {@link Sysctl} names it
   * @param value what to write; null: only remember it, because another setting changes it too
   * @param atLeast a number that may be higher and is never lowered
   */
  public record Wanted(String path, @Nullable String value, boolean atLeast) {
    public static Wanted exactly(String path, String value) {
      return new Wanted(path, value, false);
    }

    public static Wanted atLeast(String path, long value) {
      return new Wanted(path, Long.toString(value), true);
    }

    public static Wanted remembered(String path) {
      return new Wanted(path, null, false);
    }

    boolean isMetBy(String now) {
      if (value == null) {
        return true;
      }
      try {
        return atLeast ? Long.parseLong(now) >= Long.parseLong(value) : now.equals(value);
      } catch (NumberFormatException e) {
        return false;
      }
    }
  }

  public KernelSettings(Sysctl sysctl, DiskStore store) {
    this.sysctl = sysctl;
    this.store = store;
    readNote();
  }

  /**
   * Makes the settings be so, in order; puts back those that an earlier call set and this one does
   * not want. A setting that cannot be set does not keep the others from being set; the list says
   * so.
   *
   * @return as {@link #list}
   * @throws IOException when the note of the originals cannot be written: then nothing was changed
   */
  public List<KernelSetting> apply(Collection<Wanted> settings) throws IOException {
    var paths = settings.stream().map(Wanted::path).toList();
    restoreAllBut(paths);
    wanted.clear();
    problems.clear();
    wanted.addAll(settings);
    boolean learned = false;
    for (Wanted one : settings) {
      Optional<String> now = sysctl.read(one.path());
      if (now.isPresent() && (one.value() == null || !one.isMetBy(now.get()))) {
        learned |= originals.putIfAbsent(one.path(), now.get()) == null;
      }
    }
    if (learned) {
      writeNote();
    }
    for (Wanted one : settings) {
      set(one);
    }
    return list();
  }

  private void set(Wanted one) {
    String value = one.value();
    Optional<String> now = sysctl.read(one.path());
    if (value == null) {
      return;
    }
    if (now.isEmpty()) {
      problems.put(one.path(), "this kernel has no such setting; is a module missing?");
    } else if (!one.isMetBy(now.get())) {
      write(one.path(), value);
    }
  }

  private void write(String path, String value) {
    try {
      sysctl.write(path, value);
      Optional<String> after = sysctl.read(path);
      if (after.isPresent() && !after.get().equals(value)) {
        problems.put(path, "the kernel did not take " + value);
      }
    } catch (IOException e) {
      problems.put(path, "could not be set to " + value + ": " + e.getMessage());
    }
  }

  /** What a setting was before we changed it; what it is, if we did not. */
  public Optional<String> before(String path) {
    String original = originals.get(path);
    return original != null ? Optional.of(original) : sysctl.read(path);
  }

  /** Whether its original is noted. */
  public boolean remembers(String path) {
    return originals.containsKey(path);
  }

  /** Every wanted setting: what it is now, what it was, and why it is not as it should be. */
  public List<KernelSetting> list() {
    var list = new ArrayList<KernelSetting>();
    for (Wanted one : wanted) {
      if (one.value() == null) {
        continue;
      }
      String now = sysctl.read(one.path()).orElse("absent");
      String before = originals.get(one.path());
      String problem = problems.get(one.path());
      if (problem == null && !one.isMetBy(now)) {
        problem = "should be " + one.value() + "; something else changed it";
      }
      list.add(
          new KernelSetting(
              Sysctl.name(one.path()), now, now.equals(before) ? null : before, problem));
    }
    return list;
  }

  /** Puts everything back, the last change first, and forgets it. */
  public void restore() throws IOException {
    restoreAllBut(List.of());
    wanted.clear();
    problems.clear();
    store.delete(FILE);
  }

  private void restoreAllBut(Collection<String> kept) throws IOException {
    List<String> paths = new ArrayList<>(originals.keySet());
    paths.removeAll(kept);
    for (String path : paths.reversed()) {
      String original = originals.get(path);
      Optional<String> now = sysctl.read(path);
      // Absent: its interface is gone, and the setting with it.
      if (original != null && now.isPresent() && !now.get().equals(original)) {
        try {
          sysctl.write(path, original);
        } catch (IOException e) {
          throw new IOException(
              Sysctl.name(path) + " could not be put back to " + original + ": " + e.getMessage(),
              e);
        }
      }
    }
    if (!paths.isEmpty()) {
      paths.forEach(originals::remove);
      writeNote();
    }
  }

  // The note: the boot id, then a line "PATH VALUE" for each, in the order of the changes.

  private void writeNote() throws IOException {
    var text = new StringBuilder(bootId()).append('\n');
    originals.forEach((path, value) -> text.append(path).append(' ').append(value).append('\n'));
    store.write(FILE, text.toString());
  }

  private void readNote() {
    String text = store.read(FILE).map(DiskStore.Stored::text).orElse("");
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.getFirst().equals(bootId())) {
      return;
    }
    for (String line : lines.subList(1, lines.size())) {
      int blank = line.indexOf(' ');
      if (blank > 0) {
        originals.put(line.substring(0, blank), line.substring(blank + 1));
      }
    }
  }

  private String bootId() {
    return sysctl.read(BOOT_ID).orElse("unknown");
  }
}
