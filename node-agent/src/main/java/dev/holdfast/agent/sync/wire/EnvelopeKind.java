package dev.holdfast.agent.sync.wire;

import org.jspecify.annotations.Nullable;

/** The kinds of sealed datagrams. */
public enum EnvelopeKind {
  /** Multicast to all routers of the cluster: here am I, at these addresses. Proves nothing. */
  HELLO(1, true),
  /** From the pair's second router to the first: I hold no session, begin one. Proves nothing. */
  WAKE(2, true),
  /** From the pair's first router: I begin a session, here is my salt. Proves nothing yet. */
  INITIATE(3, true),
  /** The second router's answer, with its own salt: sealed with a key that only this round has. */
  RESPOND(4, true),
  /** Everything else, inside a session. */
  DATA(5, false);

  private static final EnvelopeKind[] BY_CODE = new EnvelopeKind[256];

  static {
    for (EnvelopeKind kind : values()) {
      BY_CODE[kind.code] = kind;
    }
  }

  private final int code;
  private final boolean salted;

  EnvelopeKind(int code, boolean salted) {
    this.code = code;
    this.salted = salted;
  }

  /** As it stands in the header. */
  public int code() {
    return code;
  }

  /** Carries the sender's salt behind the header. */
  public boolean salted() {
    return salted;
  }

  static @Nullable EnvelopeKind of(int code) {
    return BY_CODE[code];
  }
}
