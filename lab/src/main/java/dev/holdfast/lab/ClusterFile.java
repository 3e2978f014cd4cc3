package dev.holdfast.lab;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.config.ClusterFile.Result;
import dev.holdfast.agent.config.Problem;
import dev.holdfast.api.render.GatewayIdentity;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.lab.stack.SourceTranslation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The GatewayCluster that a lab builds: read from a file or the article's, with what the command
 * line changes in it. The agents get the same document, so that they and the lab cannot differ.
 */
public final class ClusterFile {

  /** As values are written: what a resource leaves out stays left out. */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  private static final int SOURCES_OF_RULE = 10;

  private final ObjectNode document;
  private final GatewayClusterSpec spec;

  private ClusterFile(ObjectNode document, GatewayClusterSpec spec) {
    this.document = document;
    this.spec = spec;
  }

  /**
   * As {@code holdfast check} and the agents read it.
   *
   * @param file YAML or JSON; null: the article's network
   * @throws IllegalArgumentException with everything that is wrong, a sentence a line
   */
  public static ClusterFile read(@Nullable Path file) {
    String name = file == null ? "the article's network" : file.toString();
    try {
      return parse(name, file == null ? article() : Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(name + ": there is no such file", e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(name + ": the file is not UTF-8 text", e);
    } catch (IOException e) {
      throw new IllegalArgumentException(name + " cannot be read: " + e, e);
    }
  }

  private static ClusterFile parse(String name, String text) {
    return switch (dev.holdfast.agent.config.ClusterFile.parse(text)) {
      case Result.Accepted(GatewayIdentity identity, GatewayClusterSpec spec) ->
          new ClusterFile(document(identity, spec), spec);
      case Result.Refused(List<Problem> problems) -> throw refused(name, problems);
    };
  }

  private static ObjectNode document(GatewayIdentity identity, GatewayClusterSpec spec) {
    ObjectNode document = JSON.createObjectNode();
    document.put("apiVersion", "holdfast.dev/v1alpha1").put("kind", "GatewayCluster");
    document
        .putObject("metadata")
        .put("name", identity.name())
        .put("namespace", identity.namespace());
    document.set("spec", JSON.valueToTree(spec));
    return document;
  }

  private static IllegalArgumentException refused(String name, List<Problem> problems) {
    return new IllegalArgumentException(
        problems.stream()
            .map(Problem::toString)
            .collect(Collectors.joining("\n", name + ":\n", "")));
  }

  private static String article() throws IOException {
    try (InputStream in = ClusterFile.class.getResourceAsStream("article.yaml")) {
      Objects.requireNonNull(in, "article.yaml is not in the lab's jar");
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  public String name() {
    return document.path("metadata").path("name").asText("gateway");
  }

  public GatewayClusterSpec spec() {
    return spec;
  }

  /** With another source NAT than the resource says. */
  public ClusterFile translating(SourceTranslation translation) {
    ObjectNode copy = document.deepCopy();
    ((ObjectNode) copy.get("spec"))
        .withObjectProperty("nat")
        .set("source", JSON.valueToTree(translation.source()));
    return of(copy);
  }

  /** With another interval between adverts: {@code 10ms}. */
  public ClusterFile advertisingEvery(String interval) {
    ObjectNode copy = document.deepCopy();
    ((ObjectNode) copy.get("spec"))
        .withObjectProperty("vrrp")
        .put("advertisementInterval", interval);
    return of(copy);
  }

  /** With another time at which the peer's flows go into the kernel: {@code OnTakeover}. */
  public ClusterFile committing(String mode) {
    ObjectNode copy = document.deepCopy();
    ((ObjectNode) copy.get("spec")).withObjectProperty("flowSync").put("commit", mode);
    return of(copy);
  }

  /** In another namespace. */
  ClusterFile inNamespace(String namespace) {
    ObjectNode copy = document.deepCopy();
    copy.withObjectProperty("metadata").put("namespace", namespace);
    return of(copy);
  }

  /** With agents as host services. */
  ClusterFile onHosts() {
    ObjectNode copy = document.deepCopy();
    ((ObjectNode) copy.get("spec")).withObjectProperty("agent").put("mode", "Host");
    return of(copy);
  }

  /**
   * As it has to be beside a keepalived and a conntrackd: plain preemption, foreign speakers, and
   * conntrackd's protocol. What the resource says about these stays.
   */
  public ClusterFile besideOthers() {
    ObjectNode copy = document.deepCopy();
    ObjectNode vrrp = ((ObjectNode) copy.get("spec")).withObjectProperty("vrrp");
    setIfAbsent(vrrp, "preempt", "Always");
    setIfAbsent(vrrp, "speakers", "Any");
    ObjectNode flowSync = ((ObjectNode) copy.get("spec")).withObjectProperty("flowSync");
    setIfAbsent(flowSync, "protocol", "Conntrackd");
    return of(copy);
  }

  private static void setIfAbsent(ObjectNode node, String field, String value) {
    if (!node.has(field)) {
      node.put(field, value);
    }
  }

  private static ClusterFile of(ObjectNode document) {
    return switch (dev.holdfast.agent.config.ClusterFile.parse(document.toString())) {
      case Result.Accepted(var identity, var spec) -> new ClusterFile(document, spec);
      case Result.Refused(var problems) ->
          throw refused(
              "with what the command line changes",
              problems.stream().map(p -> new Problem(p.path(), 0, p.sentence())).toList());
    };
  }

  /** Each router's complete configuration, in the order of the resource. */
  public List<GatewayNodeSpec> nodes() {
    var identity =
        new GatewayIdentity(
            name(), document.path("metadata").path("namespace").asText("default"), 0);
    return spec.routers().stream()
        .map(router -> Renderer.render(identity, spec, router.node()))
        .toList();
  }

  /** With a port of the routers open from the WANs, and the port only. */
  public ClusterFile opening(int port) {
    ObjectNode copy = document.deepCopy();
    firewall(copy)
        .putArray("input")
        .addObject()
        .put("from", "WAN")
        .put("protocol", "TCP")
        .putArray("ports")
        .add(port);
    return of(copy);
  }

  /** With a port of the LANs' hosts open from the WANs for so many {@link #source sources}. */
  public ClusterFile forwardingFrom(int sources, int port) {
    ObjectNode copy = document.deepCopy();
    ArrayNode forward = firewall(copy).putArray("forward");
    for (int i = 0; i < sources; ) {
      ObjectNode rule = forward.addObject().put("from", "WAN").put("to", "LAN");
      rule.put("protocol", "TCP").putArray("ports").add(port);
      ArrayNode from = rule.putArray("sources");
      for (int end = Math.min(sources, i + SOURCES_OF_RULE); i < end; i++) {
        from.add(source(i));
      }
    }
    forward.addObject().put("from", "LAN").put("to", "WAN");
    return of(copy);
  }

  /** One of many addresses outside. */
  public static String source(int number) {
    return "203.0." + number / 250 + "." + (number % 250 + 1);
  }

  private static ObjectNode firewall(ObjectNode document) {
    return ((ObjectNode) document.get("spec")).withObjectProperty("firewall");
  }

  /** Writes the document where the agents read it. */
  public void write(Path file) {
    try {
      JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), document);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
