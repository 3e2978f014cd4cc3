package dev.holdfast.lab.measure.judge;

import dev.holdfast.api.addr.IpAddress;

/**
 * A router's kernel began or ceased to hold a virtual address on an interface with a carrier.
 *
 * @param nanos since the recording's origin
 * @param holds false also when the carrier of the interface went, or the machine
 */
public record HoldChange(
    long nanos, String router, String network, IpAddress address, boolean holds) {}
