package dev.holdfast.lab;

import dev.holdfast.lab.kube.KubeCluster;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The labs of this machine: a folder each, written before anything of the lab is made.
 *
 * <p>{@code FOLDER/ID/owner} holds the process that may remove the lab, as pid and start time (a
 * pid alone comes round again), or {@code kept} for a lab that was left standing on request. The
 * rest of the folder is the lab's own: configurations, logs, run and state folders of its routers.
 * Its namespaces are found by their prefix {@code hf-ID-}.
 *
 * <p>A lock on the folder is held while an entry is made or removed, so that no lab takes another
 * that is just being born for a dead one.
 */
final class LabRegistry {

  /** On a tmpfs: conntrackd writes its log synchronously, and a busy disk would show in results. */
  static final Path DEFAULT_FOLDER = Path.of("/run/holdfast-lab");

  private static final Path NAMESPACES = Path.of("/run/netns");
  private static final String KEPT = "kept";

  private final Path folder;

  LabRegistry(Path folder) {
    this.folder = folder;
  }

  /**
   * One lab's entry.
   *
   * @param id four characters, unique among the labs of this machine
   * @param folder for everything that the lab writes
   */
  record Entry(String id, Path folder) {

    /** What the names of all its namespaces begin with. */
    String prefix() {
      return "hf-" + id + "-";
    }
  }

  /** A new lab, owned by this process. */
  Entry register() {
    return locked(
        () -> {
          long seed = ProcessHandle.current().pid() * 1_000_003 ^ System.nanoTime();
          while (true) {
            String id = id(seed++);
            Entry entry = new Entry(id, folder.resolve(id));
            if (Files.exists(entry.folder()) || !namespaces(entry).isEmpty()) {
              continue;
            }
            Files.createDirectory(entry.folder());
            Files.writeString(entry.folder().resolve("owner"), owner(ProcessHandle.current()));
            return entry;
          }
        });
  }

  private static String id(long seed) {
    long mixed = (seed * 0x9e37_79b9_7f4a_7c15L) >>> 1;
    String text = Long.toString(mixed % (36 * 36 * 36 * 36), 36);
    return "0".repeat(4 - text.length()) + text;
  }

  /** From now on nobody removes the lab but {@link #remove} by its id. */
  void keep(Entry entry) {
    locked(() -> Files.writeString(entry.folder().resolve("owner"), KEPT));
  }

  /** All labs, dead, living and kept. */
  List<Entry> entries() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isDirectory)
          .map(path -> new Entry(path.getFileName().toString(), path))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Labs whose owner died without removing them. */
  List<Entry> abandoned() {
    return entries().stream().filter(entry -> !isOwned(entry)).toList();
  }

  /**
   * Removes what crashed labs left behind.
   *
   * @return their ids
   */
  List<String> removeAbandoned() {
    return locked(
        () -> {
          var ids = new ArrayList<String>();
          for (Entry entry : abandoned()) {
            removeUnlocked(entry);
            ids.add(entry.id());
          }
          return ids;
        });
  }

  /** Ends every process in the lab's namespaces, removes the namespaces and the folder. */
  void remove(Entry entry) {
    locked(
        () -> {
          removeUnlocked(entry);
          return entry;
        });
  }

  private static void removeUnlocked(Entry entry) throws IOException {
    KubeCluster.of(entry.folder()).ifPresent(KubeCluster::down);
    List<String> namespaces = namespaces(entry);
    namespaces.forEach(name -> new Namespace(name).killProcesses());
    for (String namespace : namespaces) {
      Programs.attempt("", List.of("ip", "netns", "del", namespace));
    }
    if (Files.exists(entry.folder())) {
      try (Stream<Path> all = Files.walk(entry.folder())) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      }
    }
  }

  private static List<String> namespaces(Entry entry) {
    if (!Files.isDirectory(NAMESPACES)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(NAMESPACES)) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith(entry.prefix()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOwned(Entry entry) {
    Path file = entry.folder().resolve("owner");
    try {
      String owner = Files.readString(file).strip();
      if (owner.equals(KEPT)) {
        return true;
      }
      String pid = owner.split(" ", -1)[0];
      return pid.matches("[0-9]+")
          && ProcessHandle.of(Long.parseLong(pid))
              .filter(ProcessHandle::isAlive)
              .map(process -> owner(process).equals(owner))
              .orElse(false);
    } catch (IOException e) {
      return false;
    }
  }

  /** Pid and start time; field 22 of {@code /proc/PID/stat}, since boot, does not drift. */
  private static String owner(ProcessHandle process) {
    try {
      String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
      String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      // A zombie has ended; in a container nobody may ever collect it.
      return process.pid() + (afterName[0].equals("Z") ? " gone" : " " + afterName[19]);
    } catch (IOException e) {
      return process.pid() + " gone";
    }
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  private <T> T locked(Action<T> action) {
    try {
      Files.createDirectories(folder);
      synchronized (LabRegistry.class) {
        try (FileChannel channel =
                FileChannel.open(
                    folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.lock()) {
          if (!lock.isValid()) {
            throw new IllegalStateException("the registry's lock was lost");
          }
          return action.run();
        }
      }
    } catch (IOException e) {
      throw LabException.ofMachine(
          String.format(Locale.ROOT, "the lab's registry %s cannot be used: %s", folder, e), e);
    }
  }
}
