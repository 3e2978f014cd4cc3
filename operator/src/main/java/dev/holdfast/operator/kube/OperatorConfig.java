package dev.holdfast.operator.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.operator.plan.AgentSettings;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.quarkus.runtime.Quarkus;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the chart says, by environment: {@code HOLDFAST_AGENT_IMAGE} and so on. */
public final class OperatorConfig {

  /** The variables and their defaults. */
  @ConfigMapping(prefix = "holdfast")
  public interface Variables {

    Agent agent();

    @WithDefault("false")
    boolean monitoring();

    /** JSON: an object of texts. */
    @WithDefault("{}")
    String monitoringLabels();

    Optional<List<String>> podNetworks();

    Optional<List<String>> serviceNetworks();

    @WithDefault("PT5M")
    Duration rolloutDeadline();

    @WithDefault("P90D")
    Duration linkKeyMaxAge();

    @WithDefault("false")
    boolean leaderElection();

    /** What agents' pods are made with. */
    interface Agent {

      String image();

      @WithDefault("IfNotPresent")
      String imagePullPolicy();

      Optional<List<String>> imagePullSecrets();

      /** JSON, as in a pod. */
      @WithDefault("{}")
      String resources();
    }
  }

  @Produces
  @Singleton
  AgentSettings agentSettings(Variables variables) {
    return new AgentSettings(
        variables.agent().image(),
        variables.agent().imagePullPolicy(),
        variables.agent().imagePullSecrets().orElse(List.of()),
        json(
            "HOLDFAST_AGENT_RESOURCES",
            "the resources of a container",
            variables.agent().resources(),
            new TypeReference<>() {}),
        variables.monitoring(),
        json(
            "HOLDFAST_MONITORING_LABELS",
            "an object of labels",
            variables.monitoringLabels(),
            new TypeReference<>() {}),
        variables.rolloutDeadline(),
        variables.linkKeyMaxAge());
  }

  private static <T> T json(String variable, String what, String text, TypeReference<T> type) {
    try {
      return new ObjectMapper().readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          variable + " is not " + what + " in JSON: " + e.getOriginalMessage(), e);
    }
  }

  @Produces
  @Singleton
  ClusterNetworks clusterNetworks(Variables variables) {
    return new ClusterNetworks(
        variables.podNetworks().orElse(List.of()), variables.serviceNetworks().orElse(List.of()));
  }

  @Produces
  @Singleton
  Clock clock() {
    return Clock.systemUTC();
  }

  /**
   * One replica has it too in the chart: a pod on a node that died may work on while the next one
   * starts. None where it is run by hand.
   */
  @Produces
  @Dependent
  @Nullable LeaderElectionConfiguration leaderElection(Variables variables) {
    return variables.leaderElection()
        ? Leadership.configuration(
            System.getenv("POD_NAMESPACE"),
            Optional.ofNullable(System.getenv("POD_NAME")).orElse(UUID.randomUUID().toString()),
            () -> Quarkus.asyncExit(1))
        : null;
  }
}
