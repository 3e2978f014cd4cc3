package dev.holdfast.lab.measure.traffic;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.lab.measure.judge.FlowKind;

/**
 * One long flow that is to be opened.
 *
 * @param service as in {@link dev.holdfast.lab.measure.judge.FlowRecord}
 * @param intervalMillis between two messages; 1 and more
 * @param judged its pauses are judged finely, and those of others coarsely
 */
public record FlowPlan(
    String service, FlowKind kind, IpAddress target, int port, int intervalMillis, boolean judged) {

  public Family family() {
    return target.family();
  }
}
