package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The link key's Secret. A rotation has three steps, each of which waits until every router says
 * that it has the one before, so no router ever seals with a key that a peer lacks:
 *
 * <pre>
 *   old        every router holds it, and a rotation is due → old, new
 *   old, new   every router holds both                      → new, old
 *   new, old   every router seals with the new one          → new
 * </pre>
 */
final class LinkKeys {

  /** On a GatewayCluster: every new value asks for one rotation. */
  static final String REQUEST_ANNOTATION = "holdfast.dev/rotate-link-key";

  /**
   * On the Secret: the request last taken up, the newest key's fingerprint, and when it was made.
   */
  static final String HANDLED_ANNOTATION = "holdfast.dev/rotation-request";

  static final String NEWEST_ANNOTATION = "holdfast.dev/newest-key";

  static final String MADE_ANNOTATION = "holdfast.dev/key-made";

  private static final int KEY_BYTES = 32;

  private final Scene scene;
  private final List<String> keys;
  private final String newest;
  private final String made;
  private final String handled;

  private LinkKeys(Scene scene) {
    this.scene = scene;
    Secret secret = scene.observed().linkKey();
    this.keys = keys(secret);
    this.newest = annotation(secret, NEWEST_ANNOTATION);
    this.made = annotation(secret, MADE_ANNOTATION);
    this.handled = annotation(secret, HANDLED_ANNOTATION);
  }

  /** What the Secret shall be now. */
  static Secret secret(Scene scene) {
    return new LinkKeys(scene).next();
  }

  private Secret next() {
    return switch (keys.size()) {
      case 0 -> secret(List.of(scene.observed().freshKey()), fresh(), now(), requested());
      case 1 -> due() && everyRouter(this::holdsAll) ? begun() : asItIs();
      default -> rotating();
    };
  }

  private Secret begun() {
    return secret(
        List.of(keys.getFirst(), scene.observed().freshKey()), fresh(), now(), requested());
  }

  private Secret rotating() {
    String first = keys.getFirst();
    if (!fingerprint(first).equals(newest)) {
      return everyRouter(this::holdsAll)
          ? secret(List.of(keys.get(1), first), newest, made, handled)
          : asItIs();
    }
    return everyRouter(held -> held.stream().findFirst().equals(Optional.of(newest)))
        ? secret(List.of(first), newest, made, handled)
        : asItIs();
  }

  private Secret asItIs() {
    String newestNow = newest.isEmpty() ? fingerprint(keys.getLast()) : newest;
    return secret(keys, newestNow, made.isEmpty() ? now() : made, handled);
  }

  private String fresh() {
    return fingerprint(scene.observed().freshKey());
  }

  private boolean due() {
    return !requested().equals(handled)
        || Instants.parse(made.isEmpty() ? now() : made)
            .plus(scene.settings().linkKeyMaxAge())
            .isBefore(scene.observed().now());
  }

  private boolean holdsAll(List<String> held) {
    return held.containsAll(keys.stream().map(LinkKeys::fingerprint).toList());
  }

  /** Every listed router has a say: one that is away would come back without the key. */
  private boolean everyRouter(Predicate<List<String>> test) {
    return scene.listed().stream()
        .map(node -> scene.reports().status(node))
        .map(
            status ->
                status.map(GatewayNodeStatus::flowSync).map(FlowSyncStatus::keys).orElse(List.of()))
        .allMatch(test);
  }

  private String requested() {
    return scene.annotation(REQUEST_ANNOTATION).orElse("");
  }

  private String now() {
    Instant now = scene.observed().now();
    return Instants.text(now);
  }

  private Secret secret(List<String> lines, String newestKey, String madeAt, String request) {
    String text = String.join("\n", lines) + "\n";
    return new SecretBuilder()
        .withMetadata(
            RouterObjects.clusterMetadata(scene, GatewayNodeNames.linkKeySecret(scene.name()))
                .addToAnnotations(MADE_ANNOTATION, madeAt)
                .addToAnnotations(NEWEST_ANNOTATION, newestKey)
                .addToAnnotations(HANDLED_ANNOTATION, request)
                .build())
        .withType("Opaque")
        .withData(
            Map.of(
                GatewayNodeNames.LINK_KEY_FILE,
                Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))))
        .build();
  }

  private static String annotation(@Nullable Secret secret, String key) {
    return Optional.ofNullable(secret)
        .map(one -> one.getMetadata().getAnnotations())
        .map(annotations -> annotations.get(key))
        .orElse("");
  }

  /**
   * The keys of a Secret; none when it is not one of ours or was spoilt, so that it is made anew.
   */
  private static List<String> keys(@Nullable Secret secret) {
    String encoded =
        Optional.ofNullable(secret)
            .map(Secret::getData)
            .map(data -> data.get(GatewayNodeNames.LINK_KEY_FILE))
            .orElse("");
    List<String> lines =
        new String(decoded(encoded), StandardCharsets.UTF_8)
            .lines()
            .filter(l -> !l.isBlank())
            .toList();
    boolean whole = lines.stream().allMatch(line -> decoded(line).length == KEY_BYTES);
    return whole && lines.size() <= 2 ? lines : List.of();
  }

  private static byte[] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  /** As agents report it. */
  static String fingerprint(String key) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(decoded(key));
      return HexFormat.of().formatHex(digest, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
