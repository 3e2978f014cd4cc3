package dev.holdfast.api.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;

/** Compares a released schema with today's: what worked must go on working. */
final class CrdCompatibility {

  private final List<String> breaks = new ArrayList<>();

  private CrdCompatibility() {}

  /** Everything that would break, a sentence each. */
  static List<String> compare(JsonNode releasedCrd, JsonNode todaysCrd) {
    CrdCompatibility compatibility = new CrdCompatibility();
    for (JsonNode version : releasedCrd.at("/spec/versions")) {
      String name = version.path("name").asText();
      JsonNode today = version(todaysCrd, name);
      if (today.isMissingNode()) {
        compatibility.breaks.add("version " + name + " is gone");
      } else {
        compatibility.compareFields(
            "", version.at("/schema/openAPIV3Schema"), today.at("/schema/openAPIV3Schema"));
      }
    }
    return compatibility.breaks;
  }

  private static JsonNode version(JsonNode crd, String name) {
    for (JsonNode version : crd.at("/spec/versions")) {
      if (version.path("name").asText().equals(name)) {
        return version;
      }
    }
    return MissingNode.getInstance();
  }

  private void compareFields(String path, JsonNode released, JsonNode today) {
    String where = path.isEmpty() ? "the resource" : path.substring(1);
    if (!released.path("type").equals(today.path("type"))) {
      breaks.add(where + " was " + released.path("type") + " and is " + today.path("type"));
    }
    for (JsonNode value : released.path("enum")) {
      if (!contains(today.path("enum"), value)) {
        breaks.add(where + " no longer takes " + value);
      }
    }
    for (JsonNode field : today.path("required")) {
      if (!contains(released.path("required"), field)) {
        breaks.add(where + " now needs " + field);
      }
    }
    for (var field : released.path("properties").properties()) {
      String inside = path + "." + field.getKey();
      JsonNode now = today.path("properties").path(field.getKey());
      if (now.isMissingNode()) {
        breaks.add(inside.substring(1) + " is gone");
      } else {
        compareFields(inside, field.getValue(), now);
      }
    }
    if (released.has("items")) {
      compareFields(path + "[]", released.get("items"), today.path("items"));
    }
    if (released.path("additionalProperties").isObject()) {
      compareFields(
          path + ".*", released.get("additionalProperties"), today.path("additionalProperties"));
    }
  }

  private static boolean contains(JsonNode list, JsonNode value) {
    for (JsonNode each : list) {
      if (each.equals(value)) {
        return true;
      }
    }
    return false;
  }
}
