package dev.holdfast.agent.command;

import dev.holdfast.agent.Agent;
import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.api.render.Renderer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code holdfast train}: walks through what an agent does at its start and all day, without
 * touching the machine, so that Java can keep what it learned in a start-up cache.
 */
@Command(
    name = "train",
    hidden = true,
    description = "Used by the build: makes the start-up cache.")
public final class TrainCommand implements Callable<Integer> {

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (InputStream in = TrainCommand.class.getResourceAsStream("/dev/holdfast/train.yaml")) {
      if (in == null) {
        throw new IllegalStateException("train.yaml is not in the jar");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return switch (ClusterFile.parse(text)) {
        case ClusterFile.Result.Accepted(var identity, var spec) -> {
          Agent.train(
              spec.routers().stream()
                  .map(router -> Renderer.render(identity, spec, router.node()))
                  .toList());
          yield Exit.DONE;
        }
        case ClusterFile.Result.Refused(var problems) -> {
          problems.forEach(System.err::println);
          yield Exit.REFUSED;
        }
      };
    }
  }
}
