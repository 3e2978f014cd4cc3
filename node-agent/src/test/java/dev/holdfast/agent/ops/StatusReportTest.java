package dev.holdfast.agent.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.Policies;
import dev.holdfast.agent.loop.AgentCore;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.shell.CoreConfig;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.FlowCommitStatus;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.FlowTableStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.KernelSetting;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What an agent reports of itself")
class StatusReportTest {

  private static Condition degraded(KernelSetting... settings) {
    GatewayNodeSpec spec = Policies.article("");
    AgentCore core = new AgentCore(CoreConfig.of(spec), 0);
    return StatusReport.of(
            spec,
            core.snapshot(1),
            new StatusReport.Parts(true, List.of(settings), List.of(), null, null, null, "1"),
            Instant.EPOCH,
            List.of())
        .conditions()
        .stream()
        .filter(condition -> condition.type().equals("Degraded"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aRouterWhoseKernelRefusedMoreThanOneFlowInAHundredIsNotInSync() {
    assertThat(inSync(0)).isTrue();
    assertThat(inSync(5)).isTrue();
    assertThat(inSync(6)).isFalse();
  }

  private static boolean inSync(long missing) {
    GatewayNodeSpec spec = Policies.article("");
    AgentCore core = new AgentCore(CoreConfig.of(spec), 0);
    core.apply(new AgentEvent.SyncChanged(true), 1);
    var commit = new FlowCommitStatus(9, Map.of(), Map.of(), Map.of(), List.of(), 0, 0, missing);
    var table = new FlowTableStatus(500, 1_000, 0, 0, 0, 0, 0L);
    var sync = new FlowSyncStatus(List.of(), List.of(), commit, table, Map.of(), null);
    return Boolean.TRUE.equals(
        StatusReport.of(
                spec,
                core.snapshot(1),
                new StatusReport.Parts(true, List.of(), List.of(), sync, null, null, "1"),
                Instant.EPOCH,
                List.of())
            .inSync());
  }

  private static KernelSetting setting(String name, @Nullable String problem) {
    return new KernelSetting(name, "0", null, problem);
  }

  @Test
  void aKernelThatDoesNotForwardIsAReasonOfDegraded() {
    Condition condition = degraded(setting("net.ipv4.ip_forward", "it is read-only here"));

    assertThat(condition.status()).isEqualTo(ConditionStatus.TRUE);
    assertThat(condition.message()).isEqualTo("net.ipv4.ip_forward: it is read-only here");
  }

  @Test
  void settingsThatAreAsTheyShouldBeAndLesserOnesAreNone() {
    Condition condition =
        degraded(
            setting("net.ipv6.conf.all.forwarding", null),
            setting("net.netfilter.nf_conntrack_max", "only the host may raise it"));

    assertThat(condition.status()).isEqualTo(ConditionStatus.FALSE);
  }
}
