/**
 * The only room that speaks with the API server: event sources, server-side apply with the field
 * manager {@code holdfast-operator}, Events, leader election, the clock, and what the chart says by
 * environment.
 *
 * <p>Reads come from informers' caches. An object is written only when it differs from what is
 * wanted ({@link dev.holdfast.operator.kube.Applied}), so a cluster at rest is written never.
 */
@NullMarked
package dev.holdfast.operator.kube;

import org.jspecify.annotations.NullMarked;
