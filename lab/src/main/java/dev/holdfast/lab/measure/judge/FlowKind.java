package dev.holdfast.lab.measure.judge;

/** Who speaks first in a long TCP flow. Only one of the two proves that flows are replicated. */
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
  PUSH
}
