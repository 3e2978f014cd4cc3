package dev.holdfast.api.v1alpha1;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The names by which operator, agents, chart and {@code kubectl gateway} find what belongs to a
 * GatewayCluster. All objects are in its namespace.
 */
public final class GatewayNodeNames {

  /** On everything that belongs to a GatewayCluster: its name. */
  public static final String CLUSTER_LABEL = "holdfast.dev/cluster";

  /** On everything that belongs to one router: {@link #label} of its node. */
  public static final String NODE_LABEL = "holdfast.dev/node";

  /** On the agents' pods: {@code active} or {@code backup}. */
  public static final String ROLE_LABEL = "holdfast.dev/role";

  /** On a GatewayCluster: the node that shall take the role, or {@code auto}. */
  public static final String HANDOVER_ANNOTATION = "holdfast.dev/handover-to";

  /** The key of the link key's Secret, and the file's name where it is mounted. */
  public static final String LINK_KEY_FILE = "link.key";

  /** A DNS subdomain has 253 characters; what controllers append must fit as well. */
  private static final int NAME_MAX = 200;

  private static final int LABEL_MAX = 63;
  private static final int HASH_DIGITS = 10;

  private GatewayNodeNames() {}

  /**
   * The name of one router's GatewayNode, and of its DaemonSet, ServiceAccount, Role and
   * RoleBinding.
   */
  public static String of(String cluster, String node) {
    return shortened(cluster + "-" + node, NAME_MAX);
  }

  /** The name of the link key's Secret. */
  public static String linkKeySecret(String cluster) {
    return cluster + "-link";
  }

  /** A node's name as the value of a label, which may be shorter than a node's name. */
  public static String label(String node) {
    return shortened(node, LABEL_MAX);
  }

  /** The text itself, or its beginning and a hash of the whole. */
  private static String shortened(String text, int max) {
    if (text.length() <= max) {
      return text;
    }
    String start = text.substring(0, max - HASH_DIGITS - 1).replaceAll("[-.]+$", "");
    return start + "-" + hash(text);
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
