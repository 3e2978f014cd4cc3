package dev.holdfast.operator.plan;

import dev.holdfast.api.render.GatewayIdentity;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which configuration each router shall have now.
 *
 * <p>What routers must agree on (who they are, VRIDs, addresses, VRRP, flow sync) changes on all at
 * once: two routers that speak different VRIDs are two active routers. Everything else, the policy
 * above all, goes to the backups first, and to the active when every backup that works has it.
 *
 * <p>While a router that left the list still works, the others keep what they have: they must hear
 * it until it has given everything up.
 */
final class Specs {

  private final Scene scene;
  private final Requests requests;
  private final Map<String, GatewayNodeSpec> specs = new LinkedHashMap<>();
  private Progress progress = Progress.DONE;

  private Specs(Scene scene, Requests requests) {
    this.scene = scene;
    this.requests = requests;
  }

  /**
   * @param specs by node; in the order in which they are to be written
   */
  record Decision(Map<String, GatewayNodeSpec> specs, Progress progress) {}

  static Decision decide(Scene scene, Requests requests) {
    Specs specs = new Specs(scene, requests);
    scene.leaving().forEach(specs::keep);
    List<String> still =
        scene.leaving().stream().filter(node -> Requests.stillHere(scene, node)).toList();
    if (!scene.accepted()) {
      scene.listed().forEach(specs::keep);
    } else if (!still.isEmpty() && !scene.deleting()) {
      scene.listed().forEach(specs::keep);
      specs.progress =
          Progress.moving(
              "RouterLeaves", String.join(", ", still) + " gives its part of the gateway up");
    } else {
      specs.renew();
    }
    return new Decision(specs.specs, specs.progress);
  }

  private void keep(String node) {
    scene
        .gatewayNode(node)
        .map(GatewayNode::getSpec)
        .ifPresent(spec -> specs.put(node, requests.asked(spec)));
  }

  private void renew() {
    Map<String, GatewayNodeSpec> wanted = new LinkedHashMap<>();
    scene.listed().stream()
        .sorted(scene.leastFirst())
        .forEach(node -> wanted.put(node, requests.asked(rendered(node))));
    if (wanted.values().stream().anyMatch(this::disagrees)) {
      specs.putAll(wanted);
      progress = allAtOnce();
      return;
    }
    List<String> waitedFor = new ArrayList<>();
    wanted.forEach(
        (node, spec) -> {
          boolean goesLast = scene.isActive(node) && differs(node, spec);
          if (goesLast && !waitedFor.isEmpty()) {
            keep(node);
            progress = waits(node, waitedFor);
          } else if (goesLast && scene.reports().nobodyHeard()) {
            keep(node);
            progress = waitsForAWord(node);
          } else {
            specs.put(node, spec);
          }
          if (differs(node, spec) || !scene.reports().policyApplied(node)) {
            if (scene.reports().alive(node) || !differs(node, spec) && refuses(node)) {
              waitedFor.add(node);
            }
          }
        });
    if (progress.state() == Progress.State.DONE) {
      progress = onItsWay();
    }
  }

  private Progress allAtOnce() {
    return Progress.moving(
        "AllAtOnce",
        "with generation "
            + generation()
            + " routers say other things to each other (who they are, VRIDs, addresses, VRRP or"
            + " flow sync), so all of them get it at once");
  }

  /** Written everywhere, and not yet the policy of every router that works. */
  private Progress onItsWay() {
    List<String> behind =
        specs.keySet().stream()
            .filter(scene.listed()::contains)
            .filter(node -> scene.reports().alive(node))
            .filter(node -> !scene.reports().hasGeneration(node, generation()))
            .sorted()
            .toList();
    return behind.isEmpty()
        ? Progress.DONE
        : Progress.moving(
            "OnItsWay",
            String.join(", ", behind)
                + (behind.size() == 1 ? " has" : " have")
                + " yet to take and confirm generation "
                + generation());
  }

  private long generation() {
    return scene.cluster().getMetadata().getGeneration();
  }

  /** Also one that fell silent after it said so: what it refused is not tried on the active. */
  private boolean refuses(String node) {
    return scene.reports().refusal(node).isPresent();
  }

  private static Progress waitsForAWord(String active) {
    return Progress.moving(
        "PolicyToBackups",
        active
            + ", which was active when it was last heard, keeps its policy until a router reports");
  }

  private Progress waits(String active, List<String> backups) {
    for (String backup : backups) {
      Optional<String> refusal = scene.reports().refusal(backup);
      if (refusal.isPresent()) {
        return Progress.halted(
            "PolicyRefused",
            backup
                + " refused the new policy, so "
                + active
                + " keeps the old one: "
                + refusal.get());
      }
    }
    return Progress.moving(
        "PolicyToBackups",
        "the new policy goes to "
            + String.join(", ", backups)
            + " first, then to "
            + active
            + ", which is active");
  }

  private GatewayNodeSpec rendered(String node) {
    return Renderer.render(
        new GatewayIdentity(scene.name(), scene.namespace(), generation()),
        scene.spec(),
        node,
        scene.observed().facts());
  }

  private boolean differs(String node, GatewayNodeSpec wanted) {
    return scene
        .gatewayNode(node)
        .map(GatewayNode::getSpec)
        .map(current -> !requests.asked(current).equals(wanted))
        .orElse(true);
  }

  /** A router that runs speaks otherwise than it shall. */
  private boolean disagrees(GatewayNodeSpec wanted) {
    return scene
        .gatewayNode(wanted.node())
        .map(GatewayNode::getSpec)
        .map(requests::asked)
        .filter(current -> !sameOnTheWire(current, wanted))
        .isPresent();
  }

  private static boolean sameOnTheWire(GatewayNodeSpec one, GatewayNodeSpec other) {
    return one.priority() == other.priority()
        && routersWithoutMaintenance(one).equals(routersWithoutMaintenance(other))
        && one.networks().stream()
            .map(Specs::spoken)
            .toList()
            .equals(other.networks().stream().map(Specs::spoken).toList())
        && one.vrrp().equals(other.vrrp())
        && one.flowSync().equals(other.flowSync());
  }

  private static List<List<Object>> routersWithoutMaintenance(GatewayNodeSpec spec) {
    return spec.routers().stream()
        .map(router -> List.<Object>of(router.node(), router.priority(), router.addresses()))
        .toList();
  }

  private static List<Object> spoken(NodeNetwork network) {
    return List.of(network.name(), network.role(), network.virtualRouters());
  }
}
