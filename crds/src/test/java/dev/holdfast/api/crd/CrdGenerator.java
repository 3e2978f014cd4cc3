package dev.holdfast.api.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Examples;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayNode;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes the CustomResourceDefinitions from the records: fabric8's generator, and then what it
 * cannot say or says otherwise (seen with 7.5.2): columns in the order in which they are read,
 * categories, list types, numbers or text, bounds of a list in a map, each CEL rule once, whole
 * numbers as bounds, and {@code default: {}} of an object as the whole default that its fields have
 * (the API server judges a default by the CEL rules before it fills it up).
 */
final class CrdGenerator {

  private static final String HEADER =
      """
      # Generated from dev.holdfast.api.v1alpha1. After a change of the model renew it with
      #   mvn -pl crds test -Dtest=CrdTest -Dgolden.update
      """;

  private static final ObjectMapper JSON = new ObjectMapper();

  private CrdGenerator() {}

  /** The definition of {@code gatewayclusters}, as it is committed. */
  static String gatewayClusters() {
    ObjectNode crd = generate(GatewayCluster.class);
    describe(
        crd,
        "A network's gateway: its routers, its networks and its policy.",
        "What a person writes.",
        "What is really happening.");
    ObjectNode schema = schema(crd);
    rule(
        schema,
        "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        "metadata.name: write up to 63 small letters, digits and hyphens, like home");
    schema.withObject("/properties/metadata").put("type", "object");
    schema
        .withObject("/properties/metadata/properties/name")
        .put("type", "string")
        .put("maxLength", 63);
    ObjectNode spec = (ObjectNode) schema.at("/properties/spec");
    listMap(spec.at("/properties/routers"), "node");
    listMap(spec.at("/properties/networks"), "name");
    listMap(schema.at("/properties/status/properties/conditions"), "type");
    listMap(schema.at("/properties/status/properties/routers"), "node");
    numbersOrText(spec.findParents("ports"));
    columns(
        crd,
        List.of(
            column("Active", "string", ".status.active", "The router that has the role."),
            column("Ready", "string", ".status.readyRouters", "Ready routers of all."),
            column(
                "In-Sync",
                "string",
                ".status.inSync",
                "A peer that may take over holds every flow."),
            column("Flows", "integer", ".status.flows.tracked", "Flows through the gateway."),
            column("Protected", "integer", ".status.flows.protected", "Flows that a peer holds."),
            column(
                "Last-Change", "date", ".status.lastTransition.time", "When the role last moved."),
            column("Age", "date", ".metadata.creationTimestamp", ""),
            wide("Addresses", "string", ".status.virtualAddresses", "The virtual addresses."),
            wide("Reason", "string", ".status.lastTransition.reason", "Why the role last moved.")));
    return text(crd);
  }

  /** The definition of {@code gatewaynodes}, as it is committed. */
  static String gatewayNodes() {
    ObjectNode crd = generate(GatewayNode.class);
    describe(
        crd,
        "One router of a gateway: written by the operator, reported on by its agent.",
        "The router's configuration, complete in itself.",
        "The report of the router's agent.");
    ObjectNode schema = schema(crd);
    listMap(schema.at("/properties/status/properties/conditions"), "type");
    columns(
        crd,
        List.of(
            column("Role", "string", ".status.role", "What the router is."),
            column("Since", "date", ".status.since", "Since when."),
            column("Ready", "boolean", ".status.ready", "It can take the role."),
            column(
                "In-Sync",
                "boolean",
                ".status.inSync",
                "A peer that may take over holds its flows."),
            column("Flows", "integer", ".status.flows.tracked", "Flows that it tracks."),
            column("Protected", "integer", ".status.flows.protected", "Flows that a peer holds."),
            column("Age", "date", ".metadata.creationTimestamp", ""),
            wide("Cluster", "string", ".spec.cluster", "The gateway that it belongs to."),
            wide("Priority", "integer", ".spec.priority", "Its priority."),
            wide("Version", "string", ".status.version", "Version of its agent.")));
    return text(crd);
  }

  private static ObjectNode generate(Class<? extends HasMetadata> type) {
    Memory memory = new Memory(new ByteArrayOutputStream());
    new CRDGenerator()
        .withOutput(memory)
        .customResourceClasses(List.of(type))
        .forCRDVersions("v1")
        .detailedGenerate();
    try {
      String text = memory.stream().toString(StandardCharsets.UTF_8);
      ObjectNode crd = (ObjectNode) Examples.YAML.readTree(text);
      walk(crd);
      crd.findParents("addresses").forEach(CrdGenerator::boundAddresses);
      ((ObjectNode) crd.at("/spec/names")).putArray("categories").add("holdfast");
      return crd;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where the generator writes its one definition. */
  private record Memory(ByteArrayOutputStream stream)
      implements CRDGenerator.CRDOutput<ByteArrayOutputStream> {

    @Override
    public ByteArrayOutputStream outputFor(String name) {
      return stream;
    }

    @Override
    public void close() {}
  }

  private static ObjectNode schema(ObjectNode crd) {
    return (ObjectNode) crd.at("/spec/versions/0/schema/openAPIV3Schema");
  }

  /** Children first: the default of an object needs those of its fields. */
  private static void walk(JsonNode node) {
    node.forEach(CrdGenerator::walk);
    if (!(node instanceof ObjectNode object)) {
      return;
    }
    for (String bound : List.of("minimum", "maximum")) {
      if (object.path(bound).isFloatingPointNumber()) {
        object.put(bound, object.get(bound).longValue());
      }
    }
    if (object.get("x-kubernetes-validations") instanceof ArrayNode rules) {
      Set<JsonNode> once = new LinkedHashSet<>();
      rules.forEach(once::add);
      object.putArray("x-kubernetes-validations").addAll(once);
    }
    if (object.get("default") instanceof ObjectNode given && given.isEmpty()) {
      object
          .get("properties")
          .properties()
          .forEach(
              field -> {
                JsonNode inner = field.getValue().get("default");
                if (inner != null) {
                  given.set(field.getKey(), inner);
                }
              });
    }
  }

  private static void describe(ObjectNode crd, String whole, String spec, String status) {
    ObjectNode schema = schema(crd);
    schema.put("description", whole);
    ((ObjectNode) schema.at("/properties/spec")).put("description", spec);
    ((ObjectNode) schema.at("/properties/status")).put("description", status);
    schema.putArray("required").add("spec");
  }

  private static void rule(ObjectNode schema, String rule, String message) {
    schema
        .withArray("x-kubernetes-validations")
        .addObject()
        .put("rule", rule)
        .put("message", message);
  }

  private static void listMap(JsonNode list, String key) {
    ObjectNode object = (ObjectNode) list;
    object.put("x-kubernetes-list-type", "map");
    object.putArray("x-kubernetes-list-map-keys").add(key);
  }

  /** fabric8 drops the bounds of a list inside a map. */
  private static void boundAddresses(JsonNode parent) {
    if (parent.at("/addresses/additionalProperties") instanceof ObjectNode list) {
      list.put("maxItems", 4);
      ((ObjectNode) list.get("items")).put("minLength", 2).put("maxLength", 39);
    }
  }

  private static void numbersOrText(List<JsonNode> parents) {
    for (JsonNode parent : parents) {
      ObjectNode items = (ObjectNode) parent.at("/ports/items");
      items.removeAll();
      items
          .put("x-kubernetes-int-or-string", true)
          .put("minimum", 1)
          .put("maximum", 65535)
          .put("maxLength", 11)
          .put("pattern", "^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$");
    }
  }

  private static ObjectNode column(String name, String type, String path, String description) {
    ObjectNode column = JSON.createObjectNode();
    column.put("name", name).put("type", type).put("jsonPath", path);
    return description.isEmpty() ? column : column.put("description", description);
  }

  private static ObjectNode wide(String name, String type, String path, String description) {
    return column(name, type, path, description).put("priority", 1);
  }

  private static void columns(ObjectNode crd, List<ObjectNode> columns) {
    ((ObjectNode) crd.at("/spec/versions/0")).putArray("additionalPrinterColumns").addAll(columns);
  }

  private static String text(ObjectNode crd) {
    try {
      return HEADER + Examples.YAML.writeValueAsString(crd);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
