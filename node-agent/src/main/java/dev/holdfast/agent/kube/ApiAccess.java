package dev.holdfast.agent.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Where the API server is, and who we are there. */
public final class ApiAccess {

  /** The word that stands for the pod's own service account. */
  public static final String IN_CLUSTER = "in-cluster";

  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
  private static final int CONNECT_MILLIS = 5_000;
  private static final int REQUEST_MILLIS = 10_000;
  private static final int PATIENT_TRIES = 6;

  /** What the client has to say about a lost connection, we say ourselves, once. */
  private static final Logger CLIENT_LOG = Logger.getLogger("io.fabric8");

  private final Config config;
  private final String namespace;

  private ApiAccess(Config config, String namespace) {
    this.config = config;
    this.namespace = namespace;
    CLIENT_LOG.setLevel(Level.OFF);
  }

  /**
   * Opens nothing yet.
   *
   * @param kubeconfig a kubeconfig file, or {@value #IN_CLUSTER}
   * @param context of the kubeconfig; null for its current one
   * @param namespace null for the kubeconfig's, or the pod's own
   * @throws IOException with a sentence for the person who started the program
   */
  public static ApiAccess of(
      String kubeconfig, @Nullable String context, @Nullable String namespace) throws IOException {
    return kubeconfig.equals(IN_CLUSTER)
        ? inCluster(namespace, System.getenv(), SERVICE_ACCOUNT)
        : fromFile(Path.of(kubeconfig), context, namespace);
  }

  private static ApiAccess fromFile(Path file, @Nullable String context, @Nullable String namespace)
      throws IOException {
    if (!Files.isReadable(file)) {
      throw new IOException(
          "cannot read the kubeconfig " + file + ": is it there, and ours to read?");
    }
    Config read;
    try {
      read =
          context == null
              ? Config.fromKubeconfig(file.toFile())
              : Config.fromKubeconfig(context, file.toFile());
    } catch (KubernetesClientException | IllegalArgumentException e) {
      throw new IOException("the kubeconfig " + file + " cannot be used: " + e.getMessage(), e);
    }
    String own = read.getNamespace() == null ? "default" : read.getNamespace();
    return new ApiAccess(read, namespace == null ? own : namespace);
  }

  /** As the kubelet mounts it. The token is read anew for each request: it is renewed on disk. */
  static ApiAccess inCluster(@Nullable String namespace, Map<String, String> env, Path mount)
      throws IOException {
    String host = env.get("KUBERNETES_SERVICE_HOST");
    String port = env.get("KUBERNETES_SERVICE_PORT");
    Path token = mount.resolve("token");
    if (host == null || port == null || !Files.isReadable(token)) {
      throw new IOException(
          "--kubeconfig in-cluster works in a pod with a service account only: KUBERNETES_SERVICE_HOST or "
              + token
              + " is missing. Outside, say --kubeconfig FILE");
    }
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port)
            .withCaCertFile(mount.resolve("ca.crt").toString())
            .withOauthTokenProvider(() -> read(token))
            .build();
    return new ApiAccess(config, namespace == null ? read(mount.resolve("namespace")) : namespace);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  public String namespace() {
    return namespace;
  }

  public String server() {
    return config.getMasterUrl();
  }

  /** A client that tries everything once: when to try again is decided here, not in the client. */
  public KubernetesClient open() {
    return open(CONNECT_MILLIS, REQUEST_MILLIS, 0);
  }

  /** For a person who waits: a server that is busy or just starts is asked some more times. */
  KubernetesClient openPatiently() {
    return open(CONNECT_MILLIS, REQUEST_MILLIS, PATIENT_TRIES);
  }

  /** With connections of its own, which the caller closes. */
  KubernetesClient open(int connectMillis, int requestMillis, int retries) {
    Config own =
        new ConfigBuilder(config)
            .withNamespace(namespace)
            .withConnectionTimeout(connectMillis)
            .withRequestTimeout(requestMillis)
            .withRequestRetryBackoffLimit(retries)
            .withWatchReconnectLimit(0)
            .build();
    return new KubernetesClientBuilder().withConfig(own).build();
  }
}
