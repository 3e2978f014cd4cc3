package dev.holdfast.agent.shell;

import dev.holdfast.agent.ops.UnprotectedReason;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What of our flows other routers hold. Positions are those in the log of our changes.
 *
 * @param heldPosition up to which a peer that is heard has confirmed everything
 * @param silentPosition up to which a peer that is not heard now has confirmed everything, when it
 *     was last heard
 * @param beyond why flows beyond both are not protected, in the words of {@link UnprotectedReason}
 * @param refused so many of those that a peer has confirmed its kernel refused; which, only it
 *     knows
 */
record Protection(long heldPosition, long silentPosition, String beyond, long refused) {

  static final Protection NONE = new Protection(0, 0, UnprotectedReason.NO_PEER);

  Protection(long heldPosition, long silentPosition, String beyond) {
    this(heldPosition, silentPosition, beyond, 0);
  }

  /** Why a flow with that position is not protected; null when it is. */
  @Nullable String reason(long position) {
    if (position <= heldPosition) {
      return null;
    }
    return position <= silentPosition ? UnprotectedReason.PEER_SILENT : beyond;
  }

  /**
   * Puts how many flows are not protected, by reason; nothing for none.
   *
   * @param tracked how many flows there are
   * @param countAfter how many flows have a position beyond a given one
   * @return how many are protected
   */
  long count(long tracked, LongUnaryOperator countAfter, Map<String, Long> unprotected) {
    long notHeld = countAfter.applyAsLong(heldPosition);
    long never = countAfter.applyAsLong(Math.max(heldPosition, silentPosition));
    if (never > 0) {
      unprotected.put(beyond, never);
    }
    if (notHeld > never) {
      unprotected.put(UnprotectedReason.PEER_SILENT, notHeld - never);
    }
    long lacking = Math.min(refused, tracked - notHeld);
    if (lacking > 0) {
      unprotected.put(UnprotectedReason.REFUSED_BY_PEER, lacking);
    }
    return tracked - notHeld - lacking;
  }
}
