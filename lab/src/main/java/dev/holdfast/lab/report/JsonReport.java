package dev.holdfast.lab.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.lab.measure.judge.ConnectionCounts;
import dev.holdfast.lab.measure.judge.FaultFigures;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.measure.judge.Summary;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The report for programs. Durations are milliseconds with one decimal; what was not measured is
 * null.
 */
public final class JsonReport {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private record Measured(String name, Function<Figures, @Nullable Double> figure) {}

  /** Figures with a median, in the order of the document. */
  private static final List<Measured> MEASURED =
      List.of(
          new Measured("gapUpMillis", Figures::gapUpMillis),
          new Measured("gapDownMillis", Figures::gapDownMillis),
          new Measured("probesLostUp", f -> (double) f.probesLostUp()),
          new Measured("probesLostDown", f -> (double) f.probesLostDown()),
          new Measured("longestStallMillis", Figures::longestStallMillis),
          new Measured("longestStallOthersMillis", Figures::longestStallOthersMillis),
          new Measured("roleMillis", Figures::roleMillis),
          new Measured("addressMillis", Figures::addressMillis),
          new Measured("twoActiveMillis", Figures::twoActiveMillis),
          new Measured("noActiveMillis", Figures::noActiveMillis),
          new Measured("twoHoldersMillis", Figures::twoHoldersMillis),
          new Measured("floorStallMillis", Figures::floorStallMillis));

  private JsonReport() {}

  /** The document, indented, with a newline at its end. */
  public static String write(Report report) {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(tree(report))
          + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values cannot be written", e);
    }
  }

  /** The document as a tree, for reports that are part of another. */
  public static ObjectNode tree(Report report) {
    ObjectNode root = NODES.objectNode();
    Setting setting = report.setting();
    root.put("cluster", setting.cluster());
    root.put("stack", setting.stack());
    root.put("nat", setting.nat());
    root.put("sync", setting.sync());
    ArrayNode faults = root.putArray("faults");
    setting.faults().forEach(fault -> faults.add(fault.text()));
    root.put("flows", setting.flows());
    root.put("udpFlows", setting.udpFlows());
    root.put("table", setting.table());
    root.put("advertisementIntervalMillis", setting.timers().advertIntervalNanos() / 1_000_000);
    root.put("detectionMillis", setting.timers().detectionMillis());
    ArrayNode runs = root.putArray("runs");
    report.runs().forEach(figures -> runs.add(run(figures)));
    root.set("median", median(report));
    root.put("held", report.held());
    ArrayNode broken = root.putArray("broken");
    report.broken().forEach(broken::add);
    ArrayNode remarks = root.putArray("remarks");
    report.remarks().forEach(remarks::add);
    return root;
  }

  private static ObjectNode run(Figures figures) {
    ObjectNode node = NODES.objectNode();
    for (Measured measured : MEASURED) {
      putNumber(node, measured.name(), measured.figure().apply(figures));
    }
    node.set("flows", flows(kind -> kind.apply(figures)));
    node.set("newConnections", connections(figures.newConnections()));
    node.put("oneActiveAtEnd", figures.oneActiveAtEnd());
    node.put("hostCachesRight", figures.hostCachesRight());
    node.put("flowsTracked", figures.flowsTracked());
    ObjectNode entries = node.putObject("connectionEntries");
    new TreeMap<>(figures.tables())
        .forEach(
            (router, table) ->
                entries
                    .putObject(router)
                    .put("before", table.before())
                    .put("after", table.after()));
    ArrayNode faults = node.putArray("faults");
    for (FaultFigures fault : figures.faults()) {
      ObjectNode one = faults.addObject();
      one.put("fault", fault.fault());
      one.put("atMillis", fault.atMillis());
      one.put("roleMillis", fault.roleMillis());
      one.put("addressMillis", fault.addressMillis());
    }
    return node;
  }

  private static ObjectNode median(Report report) {
    ObjectNode node = NODES.objectNode();
    for (Measured measured : MEASURED) {
      Optional<Summary> found = report.summary(measured.figure());
      if (found.isEmpty()) {
        node.putNull(measured.name());
      } else {
        ObjectNode one = node.putObject(measured.name());
        putNumber(one, "median", found.get().median());
        putNumber(one, "min", found.get().min());
        putNumber(one, "max", found.get().max());
      }
    }
    node.set("flows", flows(report::flows));
    return node;
  }

  private static ObjectNode flows(Function<Function<Figures, FlowCounts>, FlowCounts> of) {
    ObjectNode node = NODES.objectNode();
    node.set("echo", counts(of.apply(Figures::flowsEcho)));
    node.set("push", counts(of.apply(Figures::flowsPush)));
    node.set("udp", counts(of.apply(Figures::flowsUdp)));
    node.set("portForward", counts(of.apply(Figures::flowsPortForward)));
    return node;
  }

  private static ObjectNode counts(FlowCounts counts) {
    return NODES
        .objectNode()
        .put("kept", counts.kept())
        .put("reset", counts.reset())
        .put("stalled", counts.stalled());
  }

  private static ObjectNode connections(ConnectionCounts counts) {
    return NODES
        .objectNode()
        .put("ok", counts.ok())
        .put("refused", counts.refused())
        .put("timedOut", counts.timedOut());
  }

  /** Counts as whole numbers, durations with their decimal. */
  private static void putNumber(ObjectNode node, String name, @Nullable Double value) {
    if (value == null) {
      node.putNull(name);
    } else if (value == Math.rint(value)) {
      node.put(name, value.longValue());
    } else {
      node.put(name, Math.round(value * 10) / 10.0);
    }
  }
}
