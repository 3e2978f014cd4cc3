package dev.holdfast.lab.measure.judge;

/**
 * How the long flows of one kind fared.
 *
 * @param stalled silent at the end, or of slow messages and silent for far too long in between
 */
public record FlowCounts(long kept, long reset, long stalled) {

  public static final FlowCounts NONE = new FlowCounts(0, 0, 0);

  public FlowCounts plus(FlowCounts other) {
    return new FlowCounts(kept + other.kept, reset + other.reset, stalled + other.stalled);
  }

  public long total() {
    return kept + reset + stalled;
  }

  /** As the tables show it: {@code 50 / 0 / 0}. */
  @Override
  public String toString() {
    return kept + " / " + reset + " / " + stalled;
  }
}
