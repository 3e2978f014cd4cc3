package dev.holdfast.lab.net;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;

/**
 * A static route of a machine.
 *
 * @param destination {@code 0.0.0.0/0} or {@code ::/0} for the default route
 */
public record Route(Prefix destination, IpAddress via, String interfaceName) {}
