package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a router says of itself in every heartbeat.
 *
 * @param role its role now
 * @param priority its VRRP priority, 1 to 254, or 0 when it wants no role
 * @param maintenance it takes no role while another may
 * @param tableExact its table is what its kernel holds; false after lost kernel events, until the
 *     table has been read again
 * @param generation of the GatewayCluster that it runs
 * @param policyHash of what was rendered from that; 0 while there is none
 * @param version of its Holdfast
 * @param successor the router that it gives the role to, or has just given it to; empty: none
 * @param stays the role shall stay with the successor, or with this router while there is none,
 *     although another one has a higher priority
 * @param missing flows of its peers that its kernel refused, and so does not hold
 * @param faults what is wrong with it, one short name each ({@code wan carrier}), worst first
 */
public record RouterState(
    LinkRole role,
    int priority,
    boolean maintenance,
    boolean tableExact,
    long generation,
    long policyHash,
    String version,
    String successor,
    boolean stays,
    int missing,
    List<String> faults) {

  public static final int FAULTS_MAX = 16;
  public static final int TEXT_BYTES_MAX = 64;

  private static final int ROLE = 1;
  private static final int PRIORITY = 2;
  private static final int MAINTENANCE = 3;
  private static final int TABLE_EXACT = 4;
  private static final int GENERATION = 5;
  private static final int POLICY_HASH = 6;
  private static final int VERSION = 7;
  private static final int FAULT = 8;
  private static final int SUCCESSOR = 9;
  private static final int STAYS = 10;
  private static final int MISSING = 11;

  /** Nothing known yet. */
  public static final RouterState UNKNOWN =
      new RouterState(LinkRole.UNKNOWN, 0, false, false, 0, 0, "", "", false, 0, List.of());

  public RouterState {
    faults = List.copyOf(faults);
  }

  /** Appends the fields. Texts are cut at {@value #TEXT_BYTES_MAX} characters of ASCII. */
  void write(ByteBuffer into) {
    LinkFields.put8(into, ROLE, role.code());
    LinkFields.put8(into, PRIORITY, priority);
    LinkFields.put8(into, MAINTENANCE, maintenance ? 1 : 0);
    LinkFields.put8(into, TABLE_EXACT, tableExact ? 1 : 0);
    LinkFields.put64(into, GENERATION, generation);
    LinkFields.put64(into, POLICY_HASH, policyHash);
    LinkFields.putText(into, VERSION, Texts.fit(version, TEXT_BYTES_MAX));
    if (!successor.isEmpty()) {
      LinkFields.putText(into, SUCCESSOR, Texts.fit(successor, HandoverMessage.NAME_BYTES_MAX));
    }
    if (stays) {
      LinkFields.put8(into, STAYS, 1);
    }
    if (missing > 0) {
      LinkFields.put32(into, MISSING, missing);
    }
    for (int i = 0; i < Math.min(FAULTS_MAX, faults.size()); i++) {
      LinkFields.putText(into, FAULT, Texts.fit(faults.get(i), TEXT_BYTES_MAX));
    }
  }

  /**
   * Reads the fields; what is missing stays as in {@link #UNKNOWN}, what is not known is skipped.
   *
   * @return null when a field is malformed
   */
  static @Nullable RouterState read(LinkFields fields) {
    RouterState state = UNKNOWN;
    LinkRole role = state.role;
    int priority = state.priority;
    boolean maintenance = state.maintenance;
    boolean tableExact = state.tableExact;
    long generation = state.generation;
    long policyHash = state.policyHash;
    String version = state.version;
    String successor = state.successor;
    boolean stays = state.stays;
    int missing = state.missing;
    List<String> faults = new ArrayList<>(0);
    while (fields.next()) {
      switch (fields.number()) {
        case ROLE -> role = LinkRole.of(fields.asInt());
        case PRIORITY -> priority = fields.asInt() & 0xff;
        case MAINTENANCE -> maintenance = fields.asBoolean();
        case TABLE_EXACT -> tableExact = fields.asBoolean();
        case GENERATION -> generation = fields.asLong();
        case POLICY_HASH -> policyHash = fields.asLong();
        case VERSION -> {
          String text = fields.asText(TEXT_BYTES_MAX);
          if (text == null) {
            return null;
          }
          version = text;
        }
        case SUCCESSOR -> {
          String text = fields.asText(HandoverMessage.NAME_BYTES_MAX);
          if (text == null) {
            return null;
          }
          successor = text;
        }
        case STAYS -> stays = fields.asBoolean();
        case MISSING -> missing = Math.max(0, fields.asInt());
        case FAULT -> {
          String text = fields.asText(TEXT_BYTES_MAX);
          if (text == null) {
            return null;
          }
          if (faults.size() < FAULTS_MAX) {
            faults.add(text);
          }
        }
        default -> {}
      }
    }
    return fields.malformed()
        ? null
        : new RouterState(
            role,
            priority,
            maintenance,
            tableExact,
            generation,
            policyHash,
            version,
            successor,
            stays,
            missing,
            faults);
  }
}
