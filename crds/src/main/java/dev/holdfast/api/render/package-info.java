/**
 * From one GatewayCluster to what each router gets.
 *
 * <p>{@link dev.holdfast.api.render.Renderer} fills in every default, resolves roles to networks,
 * and writes addresses in one form, so that an agent never asks "and if it is not there?". The
 * operator and {@code holdfast run --config} call the same function; a router that moves from a
 * file to Kubernetes gets the same text, but for what only Kubernetes knows ({@link
 * dev.holdfast.api.render.KubernetesFacts}).
 *
 * <p>Pure: same input, same output, in the order of the resource. Give it only what {@code
 * api.validate} has found nothing against; anything else may throw {@link
 * IllegalArgumentException}.
 */
@NullMarked
package dev.holdfast.api.render;

import org.jspecify.annotations.NullMarked;
