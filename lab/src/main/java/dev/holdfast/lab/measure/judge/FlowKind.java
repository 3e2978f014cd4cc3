package dev.holdfast.lab.measure.judge;

/** What a long flow is made of, and who speaks first in it. */
public enum FlowKind {
  /**
   * The client sends a numbered message, the server answers it. The client's next segment may
   * re-create a lost entry with the same translation by itself.
   */
  ECHO,
  /**
   * The server sends numbered messages, the client only acknowledges: a download. After a takeover
   * its next segment comes from outside, and only a router that knows the flow lets it in.
   */
  PUSH,
  /** Datagrams; in every other flow only the server speaks. Nobody sends one again. */
  UDP
}
