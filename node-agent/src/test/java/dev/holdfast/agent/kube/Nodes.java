package dev.holdfast.agent.kube;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** GatewayNodes for tests, made from the article's network. */
public final class Nodes {

  public static final String NAME = "home-router-a";

  private static final ObjectMapper JSON = new ObjectMapper();

  private Nodes() {}

  public static GatewayNodeSpec article(String node) {
    try {
      String text = Files.readString(Path.of("../docs/examples/article.yaml"));
      var file = (ClusterFile.Result.Accepted) ClusterFile.parse(text);
      return Renderer.render(file.identity(), file.spec(), node);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static NodeFollower.Document document(long generation, GatewayNodeSpec spec) {
    return document(generation, spec, changed -> {});
  }

  /** With a spec that no operator of today would write. */
  static NodeFollower.Document document(
      long generation, GatewayNodeSpec spec, Consumer<ObjectNode> spoil) {
    ObjectNode document = JSON.createObjectNode();
    document.put("apiVersion", "holdfast.dev/v1alpha1").put("kind", "GatewayNode");
    document.putObject("metadata").put("name", NAME).put("generation", generation);
    document.set("spec", JSON.valueToTree(spec));
    spoil.accept((ObjectNode) document.get("spec"));
    return new NodeFollower.Document("uid-1", generation, document.toString());
  }
}
