package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The rehearsal that the start-up cache is made from")
class RehearsalTest {
  private static final int STEPS = 400;

  private static List<GatewayNodeSpec> routers() throws IOException {
    try (InputStream in = RehearsalTest.class.getResourceAsStream("/dev/holdfast/train.yaml")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return switch (ClusterFile.parse(text)) {
        case ClusterFile.Result.Accepted(var identity, var spec) ->
            spec.routers().stream()
                .map(router -> Renderer.render(identity, spec, router.node()))
                .toList();
        case ClusterFile.Result.Refused refused -> throw new AssertionError(refused);
      };
    }
  }

  @Test
  void copiesFlowsFromTheActiveRouterAndMovesTheRoleWhenItStops() throws IOException {
    try (Rehearsal rehearsal = new Rehearsal(routers())) {
      assertThatCode(() -> rehearsal.play(STEPS)).doesNotThrowAnyException();
    }
  }
}
