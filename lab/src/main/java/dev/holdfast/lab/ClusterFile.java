package dev.holdfast.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.api.render.GatewayIdentity;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.validate.Validator;
import dev.holdfast.api.validate.Violation;
import dev.holdfast.lab.stack.SourceTranslation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
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

  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SOURCES_OF_RULE = 10;

  private final ObjectNode document;
  private final GatewayClusterSpec spec;

  private ClusterFile(ObjectNode document) throws JsonProcessingException {
    this.document = document;
    this.spec = YAML.treeToValue(document.path("spec"), GatewayClusterSpec.class);
  }

  /**
   * @param file YAML or JSON; null: the article's network
   * @throws IllegalArgumentException with every violation on a line, or the sentence that says why
   *     it cannot be read
   */
  public static ClusterFile read(@Nullable Path file) {
    String name = file == null ? "the article's network" : file.toString();
    try {
      JsonNode tree = YAML.readTree(file == null ? article() : Files.readAllBytes(file));
      if (!(tree instanceof ObjectNode document)
          || !document.path("kind").asText().equals("GatewayCluster")) {
        throw new IllegalArgumentException(name + " is no GatewayCluster");
      }
      return validated(name, new ClusterFile(document));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(name + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException(name + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static ClusterFile validated(String name, ClusterFile cluster) {
    List<Violation> violations = Validator.validate(cluster.spec);
    if (!violations.isEmpty()) {
      throw new IllegalArgumentException(
          violations.stream()
              .map(Violation::toString)
              .collect(Collectors.joining("\n", name + ":\n", "")));
    }
    return cluster;
  }

  private static byte[] article() throws IOException {
    try (InputStream in = ClusterFile.class.getResourceAsStream("article.yaml")) {
      return Objects.requireNonNull(in, "article.yaml is not in the lab's jar").readAllBytes();
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
    try {
      return validated("with what the command line changes", new ClusterFile(document));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
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
