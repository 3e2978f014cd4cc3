/**
 * What a GatewayCluster shall be made of, decided from what there is: pure, level-triggered,
 * without state of its own.
 *
 * <p>{@link dev.holdfast.operator.plan.ClusterPlanner} is the way in. {@link
 * dev.holdfast.operator.plan.Reports} reads the routers' own words; {@link
 * dev.holdfast.operator.plan.Claims} says whose a node is; {@link
 * dev.holdfast.operator.plan.Requests} what people ask of the running gateway (maintenance,
 * handover, withdrawal); {@link dev.holdfast.operator.plan.Specs} which router may get a new
 * policy, {@link dev.holdfast.operator.plan.Rollout} which may get a new pod; {@link
 * dev.holdfast.operator.plan.LinkKeys} holds the key's rotation; {@link
 * dev.holdfast.operator.plan.RouterObjects} writes the objects.
 *
 * <p>Kubernetes' objects are plain data here. Nothing in this room knows a client, a clock or a
 * random source: the time and a fresh key come with what was observed.
 */
@NullMarked
package dev.holdfast.operator.plan;

import org.jspecify.annotations.NullMarked;
