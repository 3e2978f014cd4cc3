package dev.holdfast.api.render;

/**
 * Which GatewayCluster a router's configuration is made from.
 *
 * @param generation {@code metadata.generation}; 0 for a file, which has none
 */
public record GatewayIdentity(String name, String namespace, long generation) {}
