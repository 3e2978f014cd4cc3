/**
 * What {@code kubectl get} and {@code kubectl describe} show: the routers' reports, the plan and
 * the status before, made into the status now. Pure.
 *
 * <p>A status is written only when it differs, so whatever moves by itself (counts of flows, ages)
 * is kept out of sentences, or copied rarely.
 */
@NullMarked
package dev.holdfast.operator.status;

import org.jspecify.annotations.NullMarked;
