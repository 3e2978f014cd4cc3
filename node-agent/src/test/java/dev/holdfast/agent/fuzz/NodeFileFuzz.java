package dev.holdfast.agent.fuzz;

import dev.holdfast.agent.config.NodeFile;
import java.nio.charset.StandardCharsets;

/** A GatewayNode from the API server or the disk. */
public final class NodeFileFuzz {
  private NodeFileFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    if (NodeFile.parse(new String(input, StandardCharsets.UTF_8))
            instanceof NodeFile.Result.Refused(var problems)
        && problems.isEmpty()) {
      throw new IllegalStateException("refused without a reason");
    }
  }
}
