package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * One segment, as this router sees it.
 *
 * @param source where our adverts come from; null: carries none
 * @param expectsSource an own address was configured or seen, so that its absence is a fault
 * @param silent the down timer ran out and nobody was heard since
 * @param heard the active router; null when none was heard since the path came up
 */
public record Path(
    @Nullable IpAddress source, boolean expectsSource, boolean silent, @Nullable Heard heard) {

  /** True when the segment carries adverts: its virtual router runs. */
  public boolean isUsable() {
    return source != null;
  }

  Path withSilent(boolean silent) {
    return new Path(source, expectsSource, silent, heard);
  }

  Path withHeard(Heard heard) {
    return new Path(source, expectsSource, false, heard);
  }

  Path withSource(@Nullable IpAddress source) {
    return new Path(source, expectsSource || source != null, silent, heard);
  }

  /** The path after an interruption: nothing has been heard on it yet. */
  Path forgotten() {
    return new Path(source, expectsSource, false, null);
  }
}
