/**
 * From the text of a resource to values, or to a list of all that is wrong with it.
 *
 * <p>{@link dev.holdfast.agent.config.ClusterFile} reads what a person wrote: an unknown field is a
 * typing mistake and is refused, with its path, its line and the field that was probably meant.
 * {@link dev.holdfast.agent.config.NodeFile} reads what the operator wrote, from the API server or
 * from disk: an unknown field comes from a newer operator and is skipped, but a value that this
 * agent does not understand refuses the whole, and the agent goes on with what it had.
 *
 * <p>Three steps, each of which says everything it finds before the next one begins: {@link
 * dev.holdfast.agent.config.Documents} reads YAML or JSON and remembers lines; {@link
 * dev.holdfast.agent.config.ShapeChecker} compares names and types with the records of the model;
 * then {@code api.validate} judges the meaning. Bad input is a value here, never an exception.
 *
 * <p>No file is opened in this room, and no class of the Kubernetes client is loaded.
 */
@NullMarked
package dev.holdfast.agent.config;

import org.jspecify.annotations.NullMarked;
