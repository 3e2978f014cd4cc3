package dev.holdfast.agent.role.core;

import org.jspecify.annotations.Nullable;

/**
 * The role is free, and this router takes it at a time, unless it hears somebody else before.
 *
 * @param madeAtNanos since when
 * @param atNanos when
 * @param cause {@link Reason#ACTIVE_SILENT} or {@link Reason#ACTIVE_RESIGNED}
 * @param reserve made while this router was not well: the time has the patience of a reserve in it
 * @param resigner who resigned: adverts that it had sent before may still arrive and do not end the
 *     bid; null for silence
 */
public record Bid(
    long madeAtNanos, long atNanos, Reason cause, boolean reserve, @Nullable Heard resigner) {

  Bid delayed(long nanos) {
    return new Bid(madeAtNanos + nanos, atNanos + nanos, cause, reserve, resigner);
  }
}
