package dev.holdfast.agent.command;

/** The program's exit codes: an interface for scripts, see the README. */
final class Exit {
  static final int DONE = 0;
  static final int REFUSED = 1;
  static final int USAGE = 2;
  static final int NO_AGENT = 3;

  private Exit() {}
}
