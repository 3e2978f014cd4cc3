package dev.holdfast.lab.measure.judge;

/**
 * How many connections a router's kernel tracked.
 *
 * @param before when the measurement began, in front of all faults
 * @param after at its end, with all traffic still flowing
 */
public record TableSizes(long before, long after) {}
