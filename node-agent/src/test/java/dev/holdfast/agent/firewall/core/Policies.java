package dev.holdfast.agent.firewall.core;

import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.api.render.KubernetesFacts;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Specs for tests: the examples, and the article's with something added. */
public final class Policies {

  private static final Path EXAMPLES = Path.of("../docs/examples");

  private Policies() {}

  /** The router {@code router-a} of one example of the documentation. */
  public static GatewayNodeSpec example(String name) {
    return render(read(name), KubernetesFacts.NONE);
  }

  /**
   * The article's gateway with more below {@code spec}.
   *
   * @param yaml lines of {@code spec}, without indentation
   */
  public static GatewayNodeSpec article(String yaml) {
    return article(yaml, KubernetesFacts.NONE);
  }

  public static GatewayNodeSpec article(String yaml, KubernetesFacts facts) {
    return render(read("article") + yaml.indent(2), facts);
  }

  /** A whole resource. */
  public static GatewayNodeSpec render(String document, KubernetesFacts facts) {
    return switch (ClusterFile.parse(document)) {
      case ClusterFile.Result.Accepted accepted ->
          Renderer.render(accepted.identity(), accepted.spec(), "router-a", facts);
      case ClusterFile.Result.Refused refused ->
          throw new AssertionError("the test's resource is refused: " + refused.problems());
    };
  }

  private static String read(String example) {
    try {
      return Files.readString(EXAMPLES.resolve(example + ".yaml"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
