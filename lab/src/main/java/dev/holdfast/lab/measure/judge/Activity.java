package dev.holdfast.lab.measure.judge;

/**
 * A router that spoke for a virtual router without a break.
 *
 * @param span from the first advert of the series to its last, or to its priority 0
 */
public record Activity(VirtualRouterId virtualRouter, String router, Span span) {}
