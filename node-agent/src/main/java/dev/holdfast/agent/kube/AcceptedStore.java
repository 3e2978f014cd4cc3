package dev.holdfast.agent.kube;

import dev.holdfast.agent.config.NodeFile;
import dev.holdfast.agent.shell.DiskStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The last GatewayNode that the agent accepted, on disk: with it the router works without an API
 * server. The one before is kept too, for the case that the newest cannot be read any more, by a
 * damaged disk or by an older agent.
 */
public final class AcceptedStore {

  static final String FILE = "gatewaynode.json";

  /** What the disk says. */
  public sealed interface Kept {

    /**
     * @param problem empty, or why this is not the newest one
     */
    record Usable(NodeFile.Result.Accepted node, String problem) implements Kept {}

    /** The agent has never accepted one here. */
    record Nothing() implements Kept {}

    /** There are files, and none can be used; the sentence names each. */
    record Unusable(String sentence) implements Kept {}
  }

  private final Path folder;
  private final DiskStore disk;

  public AcceptedStore(Path folder) {
    this.folder = folder;
    this.disk = new DiskStore(folder);
  }

  /** Keeps a document that was accepted; when this returns it survives a power cut. */
  void write(String text) throws IOException {
    disk.write(FILE, text);
  }

  /** Removes both. */
  void delete() throws IOException {
    disk.delete(FILE);
  }

  /**
   * Reads what can be used.
   *
   * @param name of the GatewayNode that the agent was started for: another's is not for us
   */
  Kept read(String name) {
    return read(
        accepted -> accepted.name().equals(name),
        accepted -> accepted.name() + ", another GatewayNode");
  }

  /** The GatewayNode that was accepted here for that router, when nobody says which one it is. */
  public Optional<GatewayNodeSearch.Found> find(String node) {
    return read(accepted -> accepted.spec().node().equals(node), NodeFile.Result.Accepted::name)
            instanceof Kept.Usable(var kept, var _)
        ? Optional.of(new GatewayNodeSearch.Found(kept.namespace(), kept.name()))
        : Optional.empty();
  }

  private Kept read(
      Predicate<NodeFile.Result.Accepted> ours, Function<NodeFile.Result.Accepted, String> other) {
    List<String> problems = new ArrayList<>();
    boolean there = false;
    for (DiskStore.Copy copy : DiskStore.Copy.values()) {
      try {
        Optional<String> text = disk.read(FILE, copy);
        there |= text.isPresent();
        if (text.isEmpty()) {
          continue;
        }
        switch (NodeFile.parse(text.get())) {
          case NodeFile.Result.Refused(var refused) ->
              problems.add(disk.path(FILE, copy) + " is not understood: " + refused.getFirst());
          case NodeFile.Result.Accepted accepted when ours.test(accepted) -> {
            return new Kept.Usable(accepted, String.join("; ", problems));
          }
          case NodeFile.Result.Accepted accepted ->
              problems.add(disk.path(FILE, copy) + " holds " + other.apply(accepted));
        }
      } catch (IOException e) {
        there = true;
        problems.add(disk.path(FILE, copy) + " is damaged: " + e.getMessage());
      }
    }
    return there ? new Kept.Unusable(String.join("; ", problems)) : new Kept.Nothing();
  }

  @Override
  public String toString() {
    return folder.resolve(FILE).toString();
  }
}
