package dev.holdfast.lab.fault;

import dev.holdfast.lab.LabException;
import dev.holdfast.lab.kube.KubeCluster;
import dev.holdfast.lab.net.Router;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What a person does to a cluster, aimed at one node. Each returns when it has been done. */
final class KubeOrders {

  private static final long LIMIT_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final long POLL_MILLIS = 200;

  private final KubeCluster cluster;
  private final String node;
  private final List<Router> routers;

  KubeOrders(KubeCluster cluster, String node, List<Router> routers) {
    this.cluster = cluster;
    this.node = node;
    this.routers = routers;
  }

  void cordon() {
    cluster.kubectl("cordon", node);
  }

  void uncordon() {
    cluster.kubectl("uncordon", node);
  }

  void drain() {
    cluster.kubectl(
        "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s");
  }

  /** Until its agent's pod has been collected as well. */
  void deleteNode() {
    cluster.kubectl("delete", "node", node);
    until(node + "'s pod is collected", () -> agents(node).isEmpty());
  }

  void registerNode() {
    cluster.restartKubelet(node);
    until(node + "'s agent is ready again", () -> agents(node).contains("True"));
  }

  /** Until every agent has another image and is ready. */
  void upgrade() {
    String tag = "lab-" + Long.toString(System.nanoTime(), 36);
    cluster.tagAgentImage(routers.stream().map(Router::node).toList(), tag);
    cluster.upgrade(Map.of("agent.image.tag", tag));
    until(
        "every agent has the new image",
        () ->
            routers.stream()
                .map(router -> agents(router.node()))
                .allMatch(one -> one.contains(":" + tag) && one.contains("True")));
  }

  void deleteOperator() {
    cluster.kubectl("-n", KubeCluster.NAMESPACE, "delete", "deployment", "holdfast-operator");
  }

  void uninstall() {
    cluster.uninstall();
  }

  void repairChart() {
    cluster.reinstall();
  }

  void stopApi() {
    cluster.apiServer(false);
  }

  void startApi() {
    cluster.apiServer(true);
  }

  /** Image and readiness of the agents' pods on a node; empty without any. */
  private String agents(String node) {
    return cluster.kubectl(
        "get",
        "pods",
        "-A",
        "-l",
        "app.kubernetes.io/name=holdfast-agent",
        "--field-selector=spec.nodeName=" + node,
        "-o",
        "jsonpath={range .items[*]}{.spec.containers[0].image}"
            + " {.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}");
  }

  private static void until(String what, BooleanSupplier condition) {
    long limit = System.nanoTime() + LIMIT_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - limit > 0) {
        throw new LabException("not within five minutes: " + what);
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LabException("interrupted while waiting until " + what, e);
      }
    }
  }
}
