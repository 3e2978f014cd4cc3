package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes the objects of one cluster and its routers; `docs/decisions/070` lists them. */
final class RouterObjects {

  static final String MANAGER = "holdfast-operator";
  static final String AGENT = "holdfast-agent";

  private static final int PORT = 9477;
  private static final String STATE = "/var/lib/holdfast";
  private static final String RUN = "/run/holdfast";
  private static final String LOCK = "/run/xtables.lock";
  private static final String KEY = "/etc/holdfast";
  private static final String SYSCTL = "/host/proc/sys/net";

  /** Beyond {@code handover.timeout}: writing the last report, taking the addresses away. */
  private static final long STOP_SECONDS = 25;

  private RouterObjects() {}

  static ObjectMetaBuilder clusterMetadata(Scene scene, String name) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(scene.namespace())
        .withLabels(
            Map.of(
                "app.kubernetes.io/managed-by",
                MANAGER,
                GatewayNodeNames.CLUSTER_LABEL,
                scene.name()))
        .withOwnerReferences(
            new OwnerReferenceBuilder()
                .withApiVersion(scene.cluster().getApiVersion())
                .withKind(scene.cluster().getKind())
                .withName(scene.name())
                .withUid(scene.cluster().getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build());
  }

  private static ObjectMetaBuilder metadata(Scene scene, String node) {
    return clusterMetadata(scene, GatewayNodeNames.of(scene.name(), node))
        .addToLabels(GatewayNodeNames.NODE_LABEL, GatewayNodeNames.label(node));
  }

  static GatewayNode gatewayNode(Scene scene, GatewayNodeSpec spec) {
    GatewayNode node = new GatewayNode();
    node.setMetadata(metadata(scene, spec.node()).build());
    node.setSpec(spec);
    return node;
  }

  /** An account that may read its own GatewayNode and report on it, and nothing more. */
  static List<HasMetadata> account(Scene scene, String node) {
    String name = GatewayNodeNames.of(scene.name(), node);
    return List.of(
        new ServiceAccountBuilder().withMetadata(metadata(scene, node).build()).build(),
        new RoleBuilder()
            .withMetadata(metadata(scene, node).build())
            .addNewRule()
            .withApiGroups("holdfast.dev")
            .withResources("gatewaynodes")
            .withResourceNames(name)
            .withVerbs("get", "list", "watch")
            .endRule()
            .addNewRule()
            .withApiGroups("holdfast.dev")
            .withResources("gatewaynodes/status")
            .withResourceNames(name)
            .withVerbs("patch")
            .endRule()
            .build(),
        new RoleBindingBuilder()
            .withMetadata(metadata(scene, node).build())
            .withNewRoleRef("rbac.authorization.k8s.io", "Role", name)
            .addNewSubject()
            .withKind("ServiceAccount")
            .withName(name)
            .withNamespace(scene.namespace())
            .endSubject()
            .build());
  }

  /**
   * @param template what it is known by
   * @param renewedAt when its router was given this template
   */
  static DaemonSet daemonSet(
      Scene scene, String node, PodTemplateSpec pod, String template, String renewedAt) {
    return new DaemonSetBuilder()
        .withMetadata(
            metadata(scene, node)
                .addToAnnotations(Rollout.TEMPLATE_ANNOTATION, template)
                .addToAnnotations(Rollout.RENEWED_ANNOTATION, renewedAt)
                .build())
        .withNewSpec()
        .withMinReadySeconds(5)
        .withNewSelector()
        .withMatchLabels(selector(scene, node))
        .endSelector()
        .withNewUpdateStrategy()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        .withMaxUnavailable(new IntOrString(1))
        .withMaxSurge(new IntOrString(0))
        .endRollingUpdate()
        .endUpdateStrategy()
        .withTemplate(pod)
        .endSpec()
        .build();
  }

  private static Map<String, String> selector(Scene scene, String node) {
    return Map.of(
        GatewayNodeNames.CLUSTER_LABEL, scene.name(),
        GatewayNodeNames.NODE_LABEL, GatewayNodeNames.label(node));
  }

  static PodTemplateSpec pod(Scene scene, String node) {
    AgentSettings settings = scene.settings();
    long timeoutSeconds = Math.ceilDiv(scene.handoverTimeoutNanos(node), 1_000_000_000L);
    return new PodTemplateSpecBuilder()
        .withNewMetadata()
        .addToLabels("app.kubernetes.io/name", AGENT)
        .addToLabels("app.kubernetes.io/managed-by", MANAGER)
        .addToLabels(selector(scene, node))
        .endMetadata()
        .withNewSpec()
        .withServiceAccountName(GatewayNodeNames.of(scene.name(), node))
        .withHostNetwork(true)
        .withDnsPolicy("Default")
        .withEnableServiceLinks(false)
        .withPriorityClassName("system-node-critical")
        .withTerminationGracePeriodSeconds(timeoutSeconds + STOP_SECONDS)
        .addNewToleration()
        .withOperator("Exists")
        .endToleration()
        .withNewAffinity()
        .withNewNodeAffinity()
        .withNewRequiredDuringSchedulingIgnoredDuringExecution()
        .addNewNodeSelectorTerm()
        .addNewMatchField()
        .withKey("metadata.name")
        .withOperator("In")
        .withValues(node)
        .endMatchField()
        .endNodeSelectorTerm()
        .endRequiredDuringSchedulingIgnoredDuringExecution()
        .endNodeAffinity()
        .endAffinity()
        .withImagePullSecrets(
            settings.pullSecrets().stream().map(LocalObjectReference::new).toList())
        .addNewContainer()
        .withName("agent")
        .withImage(settings.image())
        .withImagePullPolicy(settings.pullPolicy())
        .withCommand("/opt/holdfast/bin/holdfast")
        .withArgs(
            "run",
            "--kubeconfig=in-cluster",
            "--node=" + node,
            "--namespace=" + scene.namespace(),
            "--gateway-node=" + GatewayNodeNames.of(scene.name(), node),
            "--listen=$(NODE_IP):" + PORT,
            "--listen=127.0.0.1:" + PORT)
        .addNewEnv()
        .withName("NODE_IP")
        .withNewValueFrom()
        .withNewFieldRef("v1", "status.hostIP")
        .endValueFrom()
        .endEnv()
        .addNewEnv()
        .withName("HOLDFAST_SYSCTL_NET")
        .withValue(SYSCTL)
        .endEnv()
        .addNewPort()
        .withName("metrics")
        .withContainerPort(PORT)
        .withHostPort(PORT)
        .withProtocol("TCP")
        .endPort()
        .withResources(settings.resources())
        .withNewSecurityContext()
        .withRunAsUser(0L)
        .withReadOnlyRootFilesystem(true)
        .withAllowPrivilegeEscalation(false)
        .withNewCapabilities()
        .withAdd("NET_ADMIN", "NET_RAW", "SYS_NICE", "IPC_LOCK")
        .withDrop("ALL")
        .endCapabilities()
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withStartupProbe(probe("/livez", 2, 30))
        .withLivenessProbe(probe("/livez", 10, 3))
        .withReadinessProbe(probe("/readyz", 2, 2))
        .withVolumeMounts(mounts())
        .endContainer()
        .withVolumes(volumes(scene))
        .endSpec()
        .build();
  }

  private static Probe probe(String path, int periodSeconds, int failures) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withHost("127.0.0.1")
        .withPath(path)
        .withPort(new IntOrString(PORT))
        .withScheme("HTTP")
        .endHttpGet()
        .withPeriodSeconds(periodSeconds)
        .withTimeoutSeconds(2)
        .withFailureThreshold(failures)
        .build();
  }

  private static List<VolumeMount> mounts() {
    return List.of(
        mount("state", STATE),
        mount("run", RUN),
        mount("xtables-lock", LOCK),
        mount("sysctl-net", SYSCTL),
        new VolumeMountBuilder(mount("link-key", KEY)).withReadOnly(true).build(),
        mount("tmp", "/tmp"));
  }

  private static VolumeMount mount(String name, String path) {
    return new VolumeMountBuilder().withName(name).withMountPath(path).build();
  }

  private static List<Volume> volumes(Scene scene) {
    return List.of(
        host("state", STATE, "DirectoryOrCreate"),
        host("run", RUN, "DirectoryOrCreate"),
        host("xtables-lock", LOCK, "FileOrCreate"),
        host("sysctl-net", "/proc/sys/net", "Directory"),
        new VolumeBuilder()
            .withName("link-key")
            .withNewSecret()
            .withSecretName(GatewayNodeNames.linkKeySecret(scene.name()))
            .withDefaultMode(0400)
            .endSecret()
            .build(),
        new VolumeBuilder()
            .withName("tmp")
            .withNewEmptyDir()
            .withMedium("Memory")
            .endEmptyDir()
            .build());
  }

  private static Volume host(String name, String path, String type) {
    return new VolumeBuilder().withName(name).withNewHostPath(path, type).build();
  }

  /** Ours are found by our labels, whatever the chart's values add. */
  static GenericKubernetesResource podMonitor(Scene scene) {
    ObjectMeta metadata = clusterMetadata(scene, scene.name()).build();
    Map<String, String> labels = new HashMap<>(scene.settings().monitoringLabels());
    labels.putAll(metadata.getLabels());
    metadata.setLabels(labels);
    return new GenericKubernetesResourceBuilder()
        .withApiVersion("monitoring.coreos.com/v1")
        .withKind("PodMonitor")
        .withMetadata(metadata)
        .addToAdditionalProperties(
            "spec",
            Map.of(
                "selector",
                    Map.of("matchLabels", Map.of(GatewayNodeNames.CLUSTER_LABEL, scene.name())),
                "podTargetLabels",
                    List.of(
                        GatewayNodeNames.CLUSTER_LABEL,
                        GatewayNodeNames.NODE_LABEL,
                        GatewayNodeNames.ROLE_LABEL),
                "podMetricsEndpoints", List.of(Map.of("port", "metrics"))))
        .build();
  }

  /** Everything of a router that left, its GatewayNode last: while that is there it is not done. */
  static List<HasMetadata> ofFormerRouter(Scene scene, String node) {
    GatewayNode gatewayNode = new GatewayNode();
    gatewayNode.setMetadata(metadata(scene, node).build());
    List<HasMetadata> account = account(scene, node);
    return List.of(
        new DaemonSetBuilder().withMetadata(metadata(scene, node).build()).build(),
        account.get(2),
        account.get(1),
        account.get(0),
        gatewayNode);
  }
}
