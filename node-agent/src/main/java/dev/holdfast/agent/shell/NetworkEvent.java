package dev.holdfast.agent.shell;

import dev.holdfast.agent.rtnetlink.InterfaceAddress;
import dev.holdfast.agent.rtnetlink.Link;

/** Something changed about this machine's interfaces. */
public sealed interface NetworkEvent {
  /** An interface appeared, or its name, flags, carrier, address or MTU changed. */
  record LinkChanged(Link link) implements NetworkEvent {}

  /** It is gone, or has another name now. The name may come back with another index. */
  record LinkRemoved(String name, int index) implements NetworkEvent {}

  /**
   * An address appeared, or its flags changed (an IPv6 address is no longer tentative).
   *
   * @param byUs the agent did it
   */
  record AddressAdded(String interfaceName, InterfaceAddress address, boolean byUs)
      implements NetworkEvent {}

  /**
   * An address is gone: removed, or its lifetime ended.
   *
   * @param byUs the agent did it
   */
  record AddressRemoved(String interfaceName, InterfaceAddress address, boolean byUs)
      implements NetworkEvent {}
}
