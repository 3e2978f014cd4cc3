package dev.holdfast.agent.vrrp.core;

import java.util.List;

/** Where the virtual router is now, and what must be done, in order. */
public record Step(VrrpState state, List<VrrpAction> actions) {

  static Step to(VrrpState state, VrrpAction... actions) {
    return new Step(state, List.of(actions));
  }
}
