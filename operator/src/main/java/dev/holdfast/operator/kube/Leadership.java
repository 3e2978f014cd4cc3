package dev.holdfast.operator.kube;

import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import java.time.Duration;

/** Of several replicas one works. */
public final class Leadership {

  public static final String LEASE = "holdfast-operator";

  private Leadership() {}

  /**
   * The SDK's own answer to a lost lease goes on working, and its exit hangs on SIGTERM: so the
   * process ends itself by a callback of ours, and Kubernetes starts it anew as a standby.
   *
   * @param lost ends this operator
   */
  @SuppressWarnings("deprecation") // the builder's way to say so is marked for removal
  public static LeaderElectionConfiguration configuration(
      String namespace, String identity, Runnable lost) {
    return new LeaderElectionConfiguration(
        LEASE,
        namespace,
        Duration.ofSeconds(15),
        Duration.ofSeconds(10),
        Duration.ofSeconds(2),
        identity,
        new LeaderCallbacks(() -> {}, lost, leader -> {}),
        false);
  }
}
