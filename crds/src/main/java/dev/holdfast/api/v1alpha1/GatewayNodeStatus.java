package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The report of one router's agent. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record GatewayNodeStatus(
    @JsonPropertyDescription("metadata.generation of the GatewayNode that the agent works by.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("What the router is.") @Nullable Role role,
    @JsonPropertyDescription("Since when; RFC 3339 with milliseconds.") @Size(max = 40)
        @Nullable String since,
    @JsonPropertyDescription("It runs and has what it needs to take the role.")
        @Nullable Boolean ready,
    @JsonPropertyDescription("Its flows are held by a peer that may take over.")
        @Nullable Boolean inSync,
    @JsonPropertyDescription("Each virtual router.") @Size(max = 32)
        List<VirtualRouterStatus> virtualRouters,
    @JsonPropertyDescription("Flow sync with each peer.") @Nullable FlowSyncStatus flowSync,
    @JsonPropertyDescription("How many flows there are.") @Nullable FlowStatus flows,
    @JsonPropertyDescription("The policy as it stands in the kernel.")
        @Nullable FirewallStatus firewall,
    @JsonPropertyDescription("The loop runs on a real-time thread.") @Nullable Boolean realTime,
    @JsonPropertyDescription("What keeps the router from the role, a sentence each.")
        @Size(max = 32)
        List<@Size(max = 512) String> faults,
    @JsonPropertyDescription("Settings of the kernel that the agent takes care of.")
        @Size(max = 128)
        List<KernelSetting> kernelSettings,
    @JsonPropertyDescription("The last twenty changes of role, newest first.") @Size(max = 20)
        List<RoleTransition> transitions,
    @JsonPropertyDescription("How often the loop stood still.") @Nullable StallStatus stalls,
    @JsonPropertyDescription("Version of the agent.") @Size(max = 64) @Nullable String version,
    @JsonPropertyDescription(
            "When the agent last reported to the API server: at changes, and about once a minute.")
        @Size(max = 40)
        @Nullable String reportedAt,
    @JsonPropertyDescription("What holds and what does not.") @Size(max = 32)
        List<Condition> conditions) {

  public GatewayNodeStatus {
    virtualRouters = Copies.list(virtualRouters);
    faults = Copies.list(faults);
    kernelSettings = Copies.list(kernelSettings);
    transitions = Copies.list(transitions);
    conditions = Copies.list(conditions);
  }

  /** The report of an agent that has no configuration yet. */
  public static GatewayNodeStatus waiting(Role role, String version, List<Condition> conditions) {
    return new GatewayNodeStatus(
        null,
        role,
        null,
        false,
        false,
        List.of(),
        null,
        null,
        null,
        null,
        List.of(),
        List.of(),
        List.of(),
        null,
        version,
        null,
        conditions);
  }

  /** The same, made by that generation of the GatewayNode, with these conditions. */
  public GatewayNodeStatus judged(long generation, List<Condition> newConditions) {
    return with(generation, reportedAt, newConditions);
  }

  /** The same, told to the API server at that time. */
  public GatewayNodeStatus reported(String time) {
    return with(observedGeneration, time, conditions);
  }

  private GatewayNodeStatus with(
      @Nullable Long generation, @Nullable String time, List<Condition> newConditions) {
    return new GatewayNodeStatus(
        generation,
        role,
        since,
        ready,
        inSync,
        virtualRouters,
        flowSync,
        flows,
        firewall,
        realTime,
        faults,
        kernelSettings,
        transitions,
        stalls,
        version,
        time,
        newConditions);
  }

  /** The last words of an agent that ends: no role, not ready, and why. */
  public GatewayNodeStatus stopped(String time) {
    List<Condition> last =
        conditions.stream()
            .map(
                condition ->
                    condition.type().equals("Ready")
                        ? new Condition(
                            "Ready",
                            ConditionStatus.FALSE,
                            condition.observedGeneration(),
                            "Stopped",
                            "the agent was stopped in order",
                            condition.status() == ConditionStatus.FALSE
                                ? condition.lastTransitionTime()
                                : time)
                        : condition)
            .toList();
    return new GatewayNodeStatus(
        observedGeneration,
        Role.INITIALIZE,
        time,
        false,
        false,
        virtualRouters.stream().map(VirtualRouterStatus::stopped).toList(),
        null,
        null,
        firewall,
        realTime,
        faults,
        kernelSettings,
        transitions,
        stalls,
        version,
        time,
        last);
  }
}
