/**
 * The resource: what users, operator and agents say to one another, as plain records.
 *
 * <p>{@link dev.holdfast.api.v1alpha1.GatewayClusterSpec} is what a person writes. What may be left
 * out is {@code @Nullable} here and gets its value in {@code api.render}, never where it is used.
 * {@link dev.holdfast.api.v1alpha1.GatewayNodeSpec} is what one router gets: nothing is left out,
 * lists are never null, roles are resolved to networks. The types of a user's resource end in
 * {@code Spec}, those of a router's begin with {@code Node}.
 *
 * <p>Addresses, prefixes, durations and port ranges are text, as in the resource; helpers beside
 * them give values. A helper throws {@link IllegalArgumentException} for text that {@code
 * api.validate} refuses, so nothing unvalidated may reach one.
 *
 * <p>The records need Jackson's annotations only. The {@code CustomResource} classes ({@link
 * dev.holdfast.api.v1alpha1.GatewayCluster}, {@link dev.holdfast.api.v1alpha1.GatewayNode}) and the
 * schema annotations need fabric8, which is there in the operator and in the build; an agent that
 * reads a file never loads them. The schema in {@code crds/} is generated from these records, and a
 * test refuses a stale one.
 */
@NullMarked
package dev.holdfast.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
