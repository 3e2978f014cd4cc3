/** Observe, plan, apply, status: the operator's one loop, on one screen. */
@NullMarked
package dev.holdfast.operator.reconcile;

import org.jspecify.annotations.NullMarked;
