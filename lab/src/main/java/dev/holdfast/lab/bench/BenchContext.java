package dev.holdfast.lab.bench;

import dev.holdfast.lab.ClusterFile;
import dev.holdfast.lab.LabOptions;
import dev.holdfast.lab.LabSession;
import dev.holdfast.lab.stack.SourceTranslation;
import dev.holdfast.lab.stack.Stack;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What all benches of one call share.
 *
 * @param runs of each contestant, 1 and more
 * @param program that starts our agent
 * @param progress hears a sentence at a time
 */
public record BenchContext(
    LabSession session, ClusterFile cluster, int runs, Path program, Consumer<String> progress) {

  /**
   * The lab of one contestant: the same resource and so the same timers, and for both the source
   * NAT that keeps flows alive. (With the article's masquerade keepalived loses all of them.)
   */
  LabOptions options(Stack stack) {
    return options(stack, null);
  }

  /**
   * The same.
   *
   * @param interval between adverts, {@code 10ms}; null for the resource's own
   */
  LabOptions options(Stack stack, @Nullable String interval) {
    ClusterFile timed = interval == null ? cluster : cluster.advertisingEvery(interval);
    return LabOptions.of(timed, stack, SourceTranslation.SNAT, true, program);
  }
}
