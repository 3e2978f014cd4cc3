package dev.holdfast.agent.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.kube.ApiAccess;
import dev.holdfast.agent.kube.GatewayApi;
import dev.holdfast.agent.ops.ClusterScreen;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.HandoverAnswers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code kubectl gateway}: the program installed under the name {@code kubectl-gateway} looks at a
 * gateway through the API server, from anyone's desk.
 */
@Command(
    name = "kubectl",
    description = {
      "'kubectl gateway': a gateway seen through the API server, with your own kubeconfig and rights.",
      "",
      "  kubectl gateway status [--watch]                 is it safe; which router may I reboot now",
      "  kubectl gateway handover --to router-b           the role goes there, no connection is lost",
      "  kubectl gateway maintenance on --router router-a the router gives the role up and takes none",
      "  kubectl gateway flows --port 443                 the active router's connections",
      "",
      "To install it: a link named kubectl-gateway to this program, anywhere on the PATH.",
      ""
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      KubectlCommand.Status.class,
      KubectlCommand.Handover.class,
      KubectlCommand.Maintenance.class,
      KubectlCommand.Flows.class
    })
public final class KubectlCommand {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final long LOOK_MILLIS = 500;
  private static final String VERSION = "/metadata/resourceVersion";

  /** Which API server, and which gateway there. */
  static final class Where {
    @Option(
        names = "--kubeconfig",
        paramLabel = "FILE",
        description = "By default $KUBECONFIG, then ~/.kube/config.")
    @Nullable String kubeconfig;

    @Option(names = "--context", paramLabel = "NAME", description = "Of the kubeconfig.")
    @Nullable String context;

    @Option(
        names = {"-n", "--namespace"},
        paramLabel = "NAMESPACE",
        description = "Of the GatewayCluster; by default the kubeconfig's.")
    @Nullable String namespace;

    @Option(
        names = "--cluster",
        paramLabel = "NAME",
        description = "Of the GatewayCluster; by default the only one of the namespace.")
    @Nullable String cluster;

    GatewayApi open() throws IOException {
      return new GatewayApi(ApiAccess.of(file(), context, namespace));
    }

    private String file() {
      String environment = System.getenv("KUBECONFIG");
      if (kubeconfig != null) {
        return kubeconfig;
      }
      return environment == null || environment.isEmpty()
          ? Path.of(System.getProperty("user.home"), ".kube", "config").toString()
          : environment.split(":", -1)[0];
    }
  }

  private interface Work {
    int with(GatewayApi api) throws GatewayApi.Refused, IOException;
  }

  private static int run(Where where, Work work) {
    try (GatewayApi api = where.open()) {
      return work.with(api);
    } catch (GatewayApi.Refused | IOException e) {
      System.err.println("kubectl gateway: " + e.getMessage());
      return Exit.REFUSED;
    }
  }

  private static String name(JsonNode resource) {
    return resource.at("/metadata/name").asText();
  }

  /** Whether what was asked for is done; a sentence when it was, or was refused. */
  private record Outcome(boolean done, String sentence) {}

  private interface Look {
    /** Null while it is not done. */
    @Nullable Outcome look() throws GatewayApi.Refused;
  }

  private static int await(int limitSeconds, String doing, String left, Look look)
      throws GatewayApi.Refused {
    System.err.println(doing);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(limitSeconds);
    while (System.nanoTime() - end < 0) {
      Outcome outcome = look.look();
      if (outcome != null) {
        System.out.println(outcome.sentence());
        return outcome.done() ? Exit.DONE : Exit.REFUSED;
      }
      if (!pause()) {
        return Exit.REFUSED;
      }
    }
    throw new GatewayApi.Refused("not done within " + limitSeconds + " s. " + left);
  }

  /** False when it was interrupted. */
  private static boolean pause() {
    try {
      Thread.sleep(LOOK_MILLIS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Command(
      name = "status",
      description = {
        "Shows a gateway on one screen: who is active and since when, which router may be rebooted now",
        "and what that would cost, and what is wrong.",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Status implements Callable<Integer> {
    @Mixin Where where = new Where();

    @Option(
        names = "--output",
        description =
            "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}); JSON has the GatewayCluster and its GatewayNodes.")
    ViewOutput output = ViewOutput.text;

    @Option(
        names = {"-w", "--watch"},
        description = "Goes on until it is interrupted, with a new screen for every change.")
    boolean watch;

    @Override
    public Integer call() {
      return run(where, watch ? this::follow : this::show);
    }

    private int show(GatewayApi api) throws GatewayApi.Refused, IOException {
      JsonNode cluster = api.cluster(where.cluster);
      print(cluster, api.nodes(name(cluster)));
      return Exit.DONE;
    }

    /** An API server that is away is said once, and asked again. */
    private int follow(GatewayApi api) throws IOException {
      String last = "";
      do {
        try {
          JsonNode cluster = api.cluster(where.cluster);
          List<JsonNode> nodes = api.nodes(name(cluster));
          String now = versions(cluster, nodes);
          if (!now.equals(last)) {
            System.out.print(output == ViewOutput.text ? "--- " + Instant.now() + "\n" : "");
            print(cluster, nodes);
            last = now;
          }
        } catch (GatewayApi.Refused e) {
          String why = "kubectl gateway: " + e.getMessage();
          if (!why.equals(last)) {
            System.err.println(why);
            last = why;
          }
        }
      } while (pause());
      return Exit.DONE;
    }

    private static String versions(JsonNode cluster, List<JsonNode> nodes) {
      StringBuilder versions = new StringBuilder(cluster.at(VERSION).asText());
      nodes.forEach(node -> versions.append(' ').append(node.at(VERSION).asText()));
      return versions.toString();
    }

    private void print(JsonNode cluster, List<JsonNode> nodes) throws JsonProcessingException {
      System.out.print(
          output == ViewOutput.json
              ? json(cluster, nodes) + "\n"
              : ClusterScreen.render(cluster, nodes, Instant.now()));
      System.out.flush();
    }

    private static String json(JsonNode cluster, List<JsonNode> nodes)
        throws JsonProcessingException {
      ObjectNode both = JSON.createObjectNode();
      both.set("cluster", cluster);
      both.putArray("nodes").addAll(nodes);
      return JSON.writeValueAsString(both);
    }
  }

  /** Of a request that is asked for here and done elsewhere. */
  static final class Patience {
    @Option(
        names = "--timeout",
        paramLabel = "SECONDS",
        description = "How long to wait (${DEFAULT-VALUE}).")
    int timeoutSeconds = 60;
  }

  @Command(
      name = "handover",
      description = {
        "Asks for the role to go to a router, and waits until it is there. The router keeps it until it fails or until",
        "'--to auto' is asked, after which the router with the highest priority gets it.",
        ""
      },
      mixinStandardHelpOptions = true,
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:done", "1:refused, with the reason, or not done in time"})
  static final class Handover implements Callable<Integer> {
    private static final String REQUEST = GatewayNodeNames.HANDOVER_ANNOTATION;

    @Mixin Where where = new Where();

    @Option(
        names = "--to",
        required = true,
        paramLabel = "NODE|auto",
        description = "The router that shall be active.")
    String to = "";

    @Mixin Patience patience = new Patience();

    @Override
    public Integer call() {
      return run(
          where,
          api -> {
            String cluster = name(api.cluster(where.cluster));
            api.askForHandover(cluster, to);
            return await(
                patience.timeoutSeconds,
                "asked " + cluster + " for a handover to " + to,
                "The request stays; 'kubectl annotate gwc "
                    + cluster
                    + " "
                    + REQUEST
                    + "-' takes it back. Is the operator running?",
                () -> answer(api.cluster(cluster), to));
          });
    }

    /**
     * The operator takes the annotation away when its answer stands in the condition, and the
     * answer begins with what was asked: one to somebody else's request is not ours.
     */
    private static @Nullable Outcome answer(JsonNode cluster, String to) {
      JsonNode request = cluster.at("/metadata/annotations").path(REQUEST);
      if (!request.isMissingNode()) {
        return request.asText().equals(to)
            ? null
            : new Outcome(
                false, "somebody asked for a handover to " + request.asText() + " instead");
      }
      for (JsonNode condition : cluster.at("/status/conditions")) {
        String message = condition.path("message").asText();
        if (condition.path("type").asText().equals("Handover")
            && HandoverAnswers.isAbout(message, to)) {
          return new Outcome(condition.path("status").asText().equals("True"), message);
        }
      }
      return new Outcome(false, "the request vanished without an answer");
    }
  }

  @Command(
      name = "maintenance",
      description = {
        "on: the router gives the role up as soon as another holds every flow, and takes none. off: it may again.",
        "Writes spec.routers[].maintenance of the GatewayCluster, so it survives restarts. Cordoning the node does the same",
        "for as long as the node is cordoned.",
        ""
      },
      mixinStandardHelpOptions = true,
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:done", "1:refused, with the reason, or not done in time"})
  static final class Maintenance implements Callable<Integer> {
    /** The words of the command line. */
    @SuppressWarnings("MemberName")
    enum Switch {
      on,
      off
    }

    @Mixin Where where = new Where();

    @Parameters(paramLabel = "on|off", description = "What it shall be.")
    Switch wanted = Switch.on;

    @Option(
        names = "--router",
        required = true,
        paramLabel = "NODE",
        description = "Which router, by its node's name.")
    String router = "";

    @Mixin Patience patience = new Patience();

    @Override
    public Integer call() {
      boolean on = wanted == Switch.on;
      return run(
          where,
          api -> {
            JsonNode cluster = api.cluster(where.cluster);
            api.setMaintenance(cluster, router, on);
            return await(
                patience.timeoutSeconds,
                "wrote maintenance: " + on + " for " + router,
                "What was written stays; 'kubectl gateway status' shows how far it is.",
                () -> done(api.nodes(name(cluster)), on));
          });
    }

    private @Nullable Outcome done(List<JsonNode> nodes, boolean on) {
      for (JsonNode node : nodes) {
        if (node.at("/spec/node").asText().equals(router)) {
          boolean told = node.at("/spec/maintenance").asBoolean() == on;
          String role = node.at("/status/role").asText();
          if (told && on && role.equals("Maintenance")) {
            return new Outcome(true, router + " is in maintenance and has no role");
          }
          if (told && !on && (role.equals("Backup") || role.equals("Active"))) {
            return new Outcome(
                true,
                router + " takes part again and is " + role.toLowerCase(java.util.Locale.ROOT));
          }
        }
      }
      return null;
    }
  }

  @Command(
      name = "flows",
      description = {
        "Lists the connections that a router's agent holds, by running 'holdfast flows' in its pod. What is behind -- goes to",
        "that command: kubectl gateway flows -- --protocol tcp --port 443",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Flows implements Callable<Integer> {
    @Mixin Where where = new Where();

    @Option(
        names = "--router",
        paramLabel = "NODE",
        description = "Which router; by default the active one.")
    @Nullable String router;

    @Option(names = "--port", paramLabel = "N", description = "Any port of either direction.")
    @Nullable Integer port;

    @Parameters(paramLabel = "ARGUMENT", description = "For 'holdfast flows'.")
    List<String> arguments = List.of();

    @Override
    public Integer call() {
      return run(
          where,
          api -> {
            JsonNode cluster = api.cluster(where.cluster);
            String node = router == null ? cluster.at("/status/active").asText() : router;
            if (node.isEmpty()) {
              throw new GatewayApi.Refused("no router is active; say which one with --router");
            }
            List<String> words = new ArrayList<>(List.of("flows"));
            words.addAll(arguments);
            if (port != null) {
              words.addAll(List.of("--port", port.toString()));
            }
            return api.inAgent(name(cluster), node, words, System.out, System.err);
          });
    }
  }
}
