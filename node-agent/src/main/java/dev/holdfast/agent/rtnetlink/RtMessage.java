package dev.holdfast.agent.rtnetlink;

/** What the kernel says, as answer or event. */
public sealed interface RtMessage {
  /** An interface is there, or something about it changed. */
  record LinkIs(Link link) implements RtMessage {}

  record LinkGone(Link link) implements RtMessage {}

  /** An address is there, or its flags or lifetime changed. */
  record AddressIs(InterfaceAddress address) implements RtMessage {}

  record AddressGone(InterfaceAddress address) implements RtMessage {}

  record RouteIs(Route route) implements RtMessage {}

  record RouteGone(Route route) implements RtMessage {}

  /** Something that concerns us not, or that we cannot read. */
  record Other() implements RtMessage {}
}
