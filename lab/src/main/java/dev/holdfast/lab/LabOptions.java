package dev.holdfast.lab;

import dev.holdfast.lab.stack.SourceTranslation;
import dev.holdfast.lab.stack.Stack;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What is the same for all runs of a lab.
 *
 * @param cluster with what the command line changes in it
 * @param translation whether and how LAN sources are translated
 * @param direct whether a Sync network is one cable or goes through a switch
 * @param program that starts our agent
 */
public record LabOptions(
    ClusterFile cluster, Stack stack, SourceTranslation translation, boolean direct, Path program) {

  /**
   * Makes them fit each other: the agents get the source NAT that was asked for, beside others'
   * software they behave as that needs, and three routers do not hang on one cable.
   *
   * @param translation null: as the resource says
   */
  public static LabOptions of(
      ClusterFile resource,
      Stack stack,
      @Nullable SourceTranslation translation,
      boolean direct,
      Path program) {
    ClusterFile cluster = stack.isMixed() ? resource.besideOthers() : resource;
    SourceTranslation wanted =
        translation == null
            ? SourceTranslation.of(cluster.nodes().getFirst().nat().source())
            : translation;
    return new LabOptions(
        cluster.translating(wanted),
        stack,
        wanted,
        direct && cluster.spec().routers().size() == 2,
        program);
  }

  /** Where the agent's program is: named, or beside the lab in a source tree or installation. */
  public static Path defaultProgram() {
    String named = System.getenv("HOLDFAST_PROGRAM");
    if (named == null) {
      named = System.getProperty("holdfast.program");
    }
    if (named != null) {
      return Path.of(named).toAbsolutePath();
    }
    return Path.of(System.getProperty("holdfast.home", "."), "node-agent", "bin", "holdfast")
        .toAbsolutePath()
        .normalize();
  }
}
