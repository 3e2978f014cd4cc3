package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.Prefix;

/**
 * An address that moves with the role.
 *
 * @param prefix the address with the prefix length of its network, as configured
 */
public record VirtualAddress(String network, Prefix prefix) {}
