package dev.holdfast.lab.measure.judge;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;

/**
 * A router said who has a virtual address: an ARP reply or a neighbour advertisement at a switch
 * port.
 *
 * @param nanos since the recording's origin
 * @param router whose port it was
 * @param asked true for an answer to a question of ours, false for an announcement
 */
public record AnswerSeen(
    long nanos, String router, String network, IpAddress address, MacAddress mac, boolean asked) {}
