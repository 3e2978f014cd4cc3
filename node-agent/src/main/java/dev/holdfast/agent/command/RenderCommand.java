package dev.holdfast.agent.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.agent.firewall.core.FirewallPlanner;
import dev.holdfast.agent.firewall.core.RouterFacts;
import dev.holdfast.agent.firewall.core.RulesetText;
import dev.holdfast.agent.ops.NodeDocument;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code holdfast render}: what would that router get? */
@Command(
    name = "render",
    description = {
      "Prints what one router would get from a GatewayCluster file, every default filled in.",
      "As iptables or ip6tables: its policy, as iptables-restore --noflush would read it.",
      "Nothing is changed."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:printed", "1:violations, a line each", "2:wrong usage"})
public final class RenderCommand implements Callable<Integer> {

  enum Output {
    yaml,
    json,
    iptables,
    ip6tables
  }

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The GatewayCluster, YAML or JSON.")
  Path config = Path.of("");

  @Option(
      names = "--node",
      required = true,
      paramLabel = "NODE",
      description = "The router, by its name in the file.")
  String node = "";

  @Option(names = "--output", description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  Output output = Output.yaml;

  @Override
  public Integer call() throws JsonProcessingException {
    return switch (ConfigFile.read(config)) {
      case ClusterFile.Result.Accepted(var identity, var spec) -> {
        if (spec.routers().stream().noneMatch(router -> router.node().equals(node))) {
          System.out.println("--node: " + ConfigFile.unknownNode(node, spec));
          yield Exit.REFUSED;
        }
        System.out.print(print(Renderer.render(identity, spec, node)));
        yield Exit.DONE;
      }
      case ClusterFile.Result.Refused(var problems) -> {
        problems.forEach(System.out::println);
        yield Exit.REFUSED;
      }
    };
  }

  private String print(GatewayNodeSpec spec) throws JsonProcessingException {
    NodeDocument document = NodeDocument.of(spec, null);
    return switch (output) {
      case iptables -> policy(spec, Family.IPV4);
      case ip6tables -> policy(spec, Family.IPV6);
      case yaml ->
          new ObjectMapper(
                  YAMLFactory.builder()
                      .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                      .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                      .build())
              .writeValueAsString(document);
      case json ->
          new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(document)
              + "\n";
    };
  }

  /** What depends on the router's kernel is left out: smaller segments where its WAN is narrow. */
  private static String policy(GatewayNodeSpec spec, Family family) {
    return RulesetText.iptables(FirewallPlanner.plan(spec, RouterFacts.NONE), family);
  }
}
