package dev.holdfast.agent.config;

/**
 * One thing that is wrong with a file.
 *
 * @param path where: {@code spec.vrrp.preempt}; empty for the file as a whole
 * @param line counted from 1; 0 when no line says it
 * @param sentence what is wrong, and what to write instead
 */
public record Problem(String path, int line, String sentence) {

  /** {@code PATH: SENTENCE (line N)}, one line. */
  @Override
  public String toString() {
    return (path.isEmpty() ? "" : path + ": ")
        + sentence
        + (line > 0 ? " (line " + line + ")" : "");
  }
}
