package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.FoundTable;
import dev.holdfast.agent.firewall.core.SavedText;
import dev.holdfast.agent.firewall.core.TableKey;
import dev.holdfast.agent.firewall.core.TableName;
import dev.holdfast.agent.shell.ChildProgram.Ended;
import dev.holdfast.api.addr.Family;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The iptables programs of one back end.
 *
 * @param programs the folder's entries, by family
 */
record IptablesPrograms(BackEnd backEnd, Map<Family, Programs> programs) {

  /** Another program may hold the lock of the legacy back end; we wait for it this long. */
  private static final int LOCK_SECONDS = 5;

  private static final int PROGRAM_SECONDS = 30;
  private static final Path IPV6 = Path.of("/proc/sys/net/ipv6");

  /** Those of one family. */
  record Programs(Path save, Path restore) {}

  /** An iptables program that could not do what it must always be able to do. */
  static final class ProgramFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    ProgramFailed(String sentence) {
      super(sentence);
    }
  }

  IptablesPrograms {
    programs = Map.copyOf(programs);
  }

  /** The programs of a back end, if they are installed; those of IPv6 only where there is IPv6. */
  static Optional<IptablesPrograms> find(BackEnd backEnd) {
    Optional<Programs> ipv4 = find(backEnd, "iptables");
    if (ipv4.isEmpty()) {
      return Optional.empty();
    }
    if (!Files.isDirectory(IPV6)) {
      return Optional.of(new IptablesPrograms(backEnd, Map.of(Family.IPV4, ipv4.get())));
    }
    return find(backEnd, "ip6tables")
        .map(
            ipv6 ->
                new IptablesPrograms(backEnd, Map.of(Family.IPV4, ipv4.get(), Family.IPV6, ipv6)));
  }

  /** {@code iptables-nft-save}, or {@code iptables-save} where that is the same. */
  private static Optional<Programs> find(BackEnd backEnd, String name) {
    Optional<Programs> exact = programs(name + "-" + backEnd.text());
    return exact.isPresent() ? exact : usual().filter(backEnd::equals).flatMap(_ -> programs(name));
  }

  private static Optional<Programs> programs(String name) {
    Optional<Path> save = ChildProgram.find(name + "-save");
    Optional<Path> restore = ChildProgram.find(name + "-restore");
    return save.isPresent() && restore.isPresent()
        ? Optional.of(new Programs(save.get(), restore.get()))
        : Optional.empty();
  }

  /** The back end that the plain {@code iptables} means. */
  static Optional<BackEnd> usual() {
    return ChildProgram.find("iptables")
        .map(
            program ->
                ChildProgram.run(List.of(program.toString(), "-V"), "", PROGRAM_SECONDS).output())
        .map(version -> version.contains("nf_tables") ? BackEnd.NFT : BackEnd.LEGACY);
  }

  /** Every table that we write, with counters; empty ones included. */
  Map<TableKey, FoundTable> save() {
    Map<TableKey, FoundTable> found = new TreeMap<>();
    for (TableKey key : keys()) {
      found.put(key, FoundTable.empty(key));
    }
    programs.forEach(
        (family, paths) -> {
          Ended ended =
              ChildProgram.run(List.of(paths.save().toString(), "-c"), "", PROGRAM_SECONDS);
          if (ended.exit() != 0) {
            throw new ProgramFailed(paths.save() + ": " + ended.errors().strip());
          }
          SavedText.parse(family, ended.output())
              .values()
              .forEach(table -> found.put(table.key(), table));
        });
    return found;
  }

  private List<TableKey> keys() {
    List<TableKey> keys = new ArrayList<>();
    for (TableKey key : TableKey.all()) {
      // IPv6 is not translated, and a kernel may lack that table.
      if (programs.containsKey(key.family())
          && (key.family() == Family.IPV4 || key.table() != TableName.NAT)) {
        keys.add(key);
      }
    }
    return keys;
  }

  /** Loads a text, or only reads it when {@code test} is set. */
  Ended restore(Family family, String text, boolean test) {
    Programs paths = programs.get(family);
    if (paths == null) {
      throw new IllegalStateException("no programs for " + family);
    }
    List<String> command = new ArrayList<>();
    command.add(paths.restore().toString());
    command.add("--noflush");
    command.add("--wait=" + LOCK_SECONDS);
    if (test) {
      command.add("--test");
    }
    return ChildProgram.run(command, text, PROGRAM_SECONDS);
  }
}
