package dev.holdfast.api.validate;

import dev.holdfast.api.render.Defaults;
import dev.holdfast.api.v1alpha1.AgentMode;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.HandoverSpec;
import dev.holdfast.api.v1alpha1.RoleHooksSpec;
import java.util.List;
import java.util.OptionalLong;

/** Finds all that is wrong with a GatewayCluster. */
public final class Validator {

  private static final long SECOND_NANOS = 1_000_000_000L;

  private Validator() {}

  /**
   * For a resource in a file.
   *
   * @param spec whose required fields are there; its values may be anything
   * @return in the order of the resource; empty when it can be rendered
   */
  public static List<Violation> validate(GatewayClusterSpec spec) {
    return check(spec).all();
  }

  /** For a resource in Kubernetes: also what does not go together with pods. */
  public static List<Violation> validateInKubernetes(GatewayClusterSpec spec) {
    Findings findings = check(spec);
    if (spec.roleHooks() != null && Defaults.agentMode(spec) == AgentMode.POD) {
      findings.add(
          "spec.roleHooks",
          "cannot run in a pod; write agent.mode: Host, or remove them and watch the label"
              + " holdfast.dev/role of the pods");
    }
    return findings.all();
  }

  private static Findings check(GatewayClusterSpec spec) {
    Findings findings = new Findings();
    RouterRules.check(spec, findings);
    NetworkRules.check(spec, findings);
    VrrpRules.check(spec, findings);
    FlowSyncRules.check(spec, findings);
    FirewallRules.check(spec, findings);
    NatRules.check(spec, findings);
    if (spec.handover() != null) {
      checkHandover(spec.handover(), findings);
    }
    if (spec.roleHooks() != null) {
      checkHooks(spec.roleHooks(), findings);
    }
    return findings;
  }

  private static void checkHandover(HandoverSpec handover, Findings findings) {
    if (handover.timeout() == null) {
      return;
    }
    String path = "spec.handover.timeout";
    OptionalLong nanos = findings.duration(path, handover.timeout());
    if (nanos.isPresent()
        && (nanos.getAsLong() < SECOND_NANOS || nanos.getAsLong() > 60 * SECOND_NANOS)) {
      findings.add(path, "is " + handover.timeout() + "; write 1s to 60s");
    }
  }

  private static void checkHooks(RoleHooksSpec hooks, Findings findings) {
    checkCommand("spec.roleHooks.onActive", hooks.onActive(), findings);
    checkCommand("spec.roleHooks.onBackup", hooks.onBackup(), findings);
  }

  private static void checkCommand(String path, List<String> command, Findings findings) {
    findings.atMost(path, command, 16);
    if (!command.isEmpty() && !command.getFirst().startsWith("/")) {
      findings.add(
          path + "[0]",
          "is \""
              + command.getFirst()
              + "\"; write the program with its whole path, like"
              + " /usr/bin/systemctl");
    }
    for (int i = 0; i < command.size(); i++) {
      int length = command.get(i).length();
      if (length < 1 || length > 256) {
        findings.add(path + "[" + i + "]", "has " + length + " characters; write 1 to 256");
      }
    }
  }
}
