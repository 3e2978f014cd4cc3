package dev.holdfast.agent.kube;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.api.v1alpha1.VirtualRouterStatus;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When a report is worth a write at the API server. Pure: time and chance come from outside; times
 * are monotonic nanoseconds, compared by difference.
 *
 * <pre>
 *   since the last write                                            next write
 *   the role, a virtual router, readiness, sync or a condition      at once, but a second after the last one
 *   anything else that is steady, see {@link SteadyStatus}          ten seconds after the last one
 *   nothing, or only ages, positions and counters                   after 60 to 75 seconds, the heartbeat
 *   the last one failed                                             after a growing, jittered pause
 * </pre>
 */
final class StatusPacer {

  private static final long MILLIS = 1_000_000L;
  private static final long URGENT_PAUSE_NANOS = 1_000 * MILLIS;
  private static final long PAUSE_NANOS = 10_000 * MILLIS;
  private static final long HEARTBEAT_NANOS = 60_000 * MILLIS;
  private static final long HEARTBEAT_JITTER_NANOS = 15_000 * MILLIS;

  private final RandomGenerator random;
  private final Backoff backoff;
  private @Nullable GatewayNodeStatus written;
  private long writtenAtNanos;
  private long heartbeatAtNanos;
  private long notBeforeNanos;

  StatusPacer(RandomGenerator random, long nowNanos) {
    this.random = random;
    this.backoff = new Backoff(random);
    this.notBeforeNanos = nowNanos;
  }

  /** Whether this report is to be written now. */
  boolean isDue(GatewayNodeStatus status, long nowNanos) {
    if (nowNanos - notBeforeNanos < 0) {
      return false;
    }
    GatewayNodeStatus last = written;
    if (last == null || nowNanos - heartbeatAtNanos >= 0) {
      return true;
    }
    if (!Urgent.of(status).equals(Urgent.of(last))) {
      return nowNanos - writtenAtNanos >= URGENT_PAUSE_NANOS;
    }
    return nowNanos - writtenAtNanos >= PAUSE_NANOS
        && !SteadyStatus.of(status).equals(SteadyStatus.of(last));
  }

  /** The API server has it. */
  void written(GatewayNodeStatus status, long nowNanos) {
    backoff.reset();
    written = status;
    writtenAtNanos = nowNanos;
    heartbeatAtNanos =
        nowNanos + HEARTBEAT_NANOS + (long) (random.nextDouble() * HEARTBEAT_JITTER_NANOS);
  }

  /** The API server did not take it; what it has is not known any more. */
  void failed(long nowNanos) {
    written = null;
    notBeforeNanos = nowNanos + backoff.nextMillis() * MILLIS;
  }

  /** What a person who watches waits for. */
  private record Urgent(
      @Nullable Role role,
      @Nullable Boolean ready,
      @Nullable Boolean inSync,
      @Nullable Long observedGeneration,
      List<Role> virtualRouters,
      List<List<Object>> conditions,
      List<String> keys) {

    static Urgent of(GatewayNodeStatus status) {
      return new Urgent(
          status.role(),
          status.ready(),
          status.inSync(),
          status.observedGeneration(),
          status.virtualRouters().stream().map(VirtualRouterStatus::state).toList(),
          status.conditions().stream().map(Urgent::of).toList(),
          status.flowSync() == null ? List.of() : status.flowSync().keys());
    }

    private static List<Object> of(Condition condition) {
      return List.of(condition.type(), condition.status(), condition.reason());
    }
  }
}
