package dev.holdfast.agent.ctnetlink;

/** What a message from the kernel tells. */
public enum CtKind {
  /** Event: a flow was born. */
  BORN,
  /** Event: something about a flow changed; only some attributes are there. */
  UPDATED,
  /** Event: a flow ended. */
  ENDED,
  /** Answer to a dump or a get: a flow is there, and this is all of it. */
  SEEN,
  EXPECT_BORN,
  EXPECT_UPDATED,
  EXPECT_ENDED,
  EXPECT_SEEN,
  /** An answer to a request: acknowledged, or refused with an errno. */
  ANSWER,
  /** The end of a dump. */
  DONE,
  /** The kernel says that it dropped messages. */
  OVERRUN,
  /** A message of another subsystem, or one that this kernel has and we do not need. */
  OTHER;

  /** True when {@link CtCodec#readFlow} reads the body. */
  public boolean isFlow() {
    return switch (this) {
      case BORN, UPDATED, ENDED, SEEN -> true;
      case EXPECT_BORN, EXPECT_UPDATED, EXPECT_ENDED, EXPECT_SEEN, ANSWER, DONE, OVERRUN, OTHER ->
          false;
    };
  }

  /** True when {@link CtCodec#readExpectation} reads the body. */
  public boolean isExpectation() {
    return switch (this) {
      case EXPECT_BORN, EXPECT_UPDATED, EXPECT_ENDED, EXPECT_SEEN -> true;
      case BORN, UPDATED, ENDED, SEEN, ANSWER, DONE, OVERRUN, OTHER -> false;
    };
  }
}
