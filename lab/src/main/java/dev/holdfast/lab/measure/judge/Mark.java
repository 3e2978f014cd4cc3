package dev.holdfast.lab.measure.judge;

/**
 * A fault, as the lab injected it.
 *
 * @param fault its name, as on the command line: {@code power-off}, {@code freeze:500ms}
 * @param nanos since the recording's origin: just before it began
 */
public record Mark(String fault, long nanos) {

  /** The fault's name without its value. */
  public String name() {
    int colon = fault.indexOf(':');
    return colon < 0 ? fault : fault.substring(0, colon);
  }
}
