/**
 * The agent at an API server: how its GatewayNode comes in and how its report goes out. The only
 * room that knows the Kubernetes client; without {@code --kubeconfig} no class of it is loaded.
 *
 * <p>{@link dev.holdfast.agent.kube.ApiWatch} follows one GatewayNode by name, which is all that
 * the agent's Role allows. {@link dev.holdfast.agent.kube.NodeFollower} judges what comes and keeps
 * what it accepts on disk ({@link dev.holdfast.agent.kube.AcceptedStore}). {@link
 * dev.holdfast.agent.kube.StatusPatcher} writes the report, as seldom as {@link
 * dev.holdfast.agent.kube.StatusPacer} lets it.
 *
 * <p>Nothing here is on the path of a takeover, and nothing here ends the agent: an API server that
 * is away, slow or wrong costs a log line. The loop never waits for this room.
 */
@NullMarked
package dev.holdfast.agent.kube;

import org.jspecify.annotations.NullMarked;
