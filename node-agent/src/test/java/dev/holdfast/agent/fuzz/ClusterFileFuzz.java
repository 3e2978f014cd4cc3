package dev.holdfast.agent.fuzz;

import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.api.render.Renderer;
import java.nio.charset.StandardCharsets;

/** A configuration file; what is accepted can be rendered for each of its routers. */
public final class ClusterFileFuzz {
  private ClusterFileFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    switch (ClusterFile.parse(text)) {
      case ClusterFile.Result.Refused(var problems) -> {
        if (problems.isEmpty()) {
          throw new IllegalStateException("refused without a reason");
        }
      }
      case ClusterFile.Result.Accepted(var identity, var spec) ->
          spec.routers().forEach(router -> Renderer.render(identity, spec, router.node()));
    }
  }
}
