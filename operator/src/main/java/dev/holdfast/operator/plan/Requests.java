package dev.holdfast.operator.plan;

import dev.holdfast.api.render.Defaults;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the running gateway. It reaches every router at once, also one whose new policy
 * has to wait.
 *
 * @param maintenance routers that give the role up and take none
 * @param handoverTo the router that shall have the role, by name
 * @param withdraw routers that take everything of ours away
 */
record Requests(Set<String> maintenance, @Nullable String handoverTo, Set<String> withdraw) {

  static Requests of(Scene scene, @Nullable String handoverTo, Set<String> movedAway) {
    Set<String> maintenance = new HashSet<>(movedAway);
    scene.listed().stream().filter(node -> maintenance(scene, node)).forEach(maintenance::add);
    return new Requests(maintenance, handoverTo, withdraw(scene));
  }

  GatewayNodeSpec asked(GatewayNodeSpec spec) {
    boolean leaves = withdraw.contains(spec.node());
    return spec.asking(maintenance.contains(spec.node()), leaves ? null : handoverTo, leaves);
  }

  /** By the resource, or because the node is cordoned. */
  static boolean maintenance(Scene scene, String node) {
    boolean written =
        scene.spec().routers().stream()
            .filter(router -> router.node().equals(node))
            .anyMatch(router -> Objects.equals(router.maintenance(), true));
    return written || cordoned(scene, node);
  }

  static boolean cordoned(Scene scene, String node) {
    return Defaults.onCordon(scene.spec())
        && scene.machine(node).map(Machine::cordoned).orElse(false);
  }

  /** The backups first, then the active: what it still forwards stays protected until then. */
  private static Set<String> withdraw(Scene scene) {
    List<String> leaving = scene.leaving();
    boolean backupsAreGone =
        leaving.stream()
            .filter(node -> !scene.isActive(node))
            .noneMatch(node -> stillHere(scene, node));
    Set<String> withdraw = new HashSet<>();
    leaving.stream().filter(node -> !scene.isActive(node) || backupsAreGone).forEach(withdraw::add);
    return withdraw;
  }

  /** A router on its way out that works and has not withdrawn yet. */
  static boolean stillHere(Scene scene, String node) {
    return !gone(scene, node) && scene.reports().alive(node);
  }

  /** A router on its way out from which nothing is left to wait for. */
  static boolean gone(Scene scene, String node) {
    return scene.reports().withdrawn(node)
        || !scene.reports().reported(node)
        || scene.machine(node).isEmpty()
        || scene.abandoned();
  }
}
