package dev.holdfast.lab.measure.judge;

import org.jspecify.annotations.Nullable;

/**
 * What followed one fault.
 *
 * @param fault with its value
 * @param atMillis since the first fault
 * @param roleMillis until the first advert of the new active; null when the role stayed
 * @param addressMillis until the address answered from elsewhere; null when it stayed
 */
public record FaultFigures(
    String fault, double atMillis, @Nullable Double roleMillis, @Nullable Double addressMillis) {}
