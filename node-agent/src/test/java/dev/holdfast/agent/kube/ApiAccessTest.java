package dev.holdfast.agent.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Where the API server is, and who we are there")
class ApiAccessTest {

  private static final Map<String, String> POD =
      Map.of("KUBERNETES_SERVICE_HOST", "10.43.0.1", "KUBERNETES_SERVICE_PORT", "443");

  @TempDir Path mount;

  private ApiAccess inCluster() throws IOException {
    Files.writeString(mount.resolve("namespace"), "holdfast-system");
    Files.writeString(mount.resolve("ca.crt"), "");
    return ApiAccess.inCluster(null, POD, mount);
  }

  @Test
  void aPodFindsServerAndNamespaceByItself() throws IOException {
    Files.writeString(mount.resolve("token"), "one\n");

    ApiAccess access = inCluster();

    assertThat(access.server()).startsWith("https://10.43.0.1:443");
    assertThat(access.namespace()).isEqualTo("holdfast-system");
  }

  @Test
  void theTokenIsReadAnewSinceTheKubeletRenewsIt() throws IOException {
    Files.writeString(mount.resolve("token"), "one\n");
    try (KubernetesClient client = inCluster().open()) {
      var provider = client.getConfiguration().getOauthTokenProvider();
      assertThat(provider.getToken()).isEqualTo("one");

      Files.writeString(mount.resolve("token"), "two\n");

      assertThat(provider.getToken()).isEqualTo("two");
    }
  }

  @Test
  void saysWhatIsMissingOutsideOfAPod() {
    assertThatThrownBy(() -> ApiAccess.inCluster(null, Map.of(), mount))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("--kubeconfig FILE");
  }

  @Test
  void takesTheNamespaceOfTheKubeconfigAndSaysWhenThereIsNoSuchFile() throws IOException {
    Path file = mount.resolve("kubeconfig");
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        current-context: home
        contexts:
          - {name: home, context: {cluster: c, user: u, namespace: routers}}
          - {name: away, context: {cluster: d, user: u}}
        clusters:
          - {name: c, cluster: {server: "https://10.0.0.5:6443"}}
          - {name: d, cluster: {server: "https://10.9.0.5:6443"}}
        users: [{name: u, user: {token: t}}]
        """);

    assertThat(ApiAccess.of(file.toString(), null, null).namespace()).isEqualTo("routers");
    assertThat(ApiAccess.of(file.toString(), null, "other").namespace()).isEqualTo("other");
    assertThat(ApiAccess.of(file.toString(), "away", null).server())
        .startsWith("https://10.9.0.5:6443");
    assertThatThrownBy(() -> ApiAccess.of(mount.resolve("none").toString(), null, null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot read the kubeconfig");
  }
}
