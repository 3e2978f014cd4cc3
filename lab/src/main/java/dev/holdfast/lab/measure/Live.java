package dev.holdfast.lab.measure;

import dev.holdfast.lab.measure.judge.VirtualRouterId;
import java.util.Map;

/**
 * How things stand at this moment, for progress and for deciding when to go on.
 *
 * @param speakers who sent the latest advert of each virtual router, and is not overdue
 * @param upMillis since the latest probe came through from the LAN to the internet
 * @param downMillis the other way
 * @param flowsAlive long flows that carry data
 * @param flowsOpen long flows that neither end gave up
 * @param flows all long flows
 */
public record Live(
    Map<VirtualRouterId, String> speakers,
    long upMillis,
    long downMillis,
    int flowsAlive,
    int flowsOpen,
    int flows) {

  public Live {
    speakers = Map.copyOf(speakers);
  }

  /** True when probes pass both ways and every open flow carries data. */
  public boolean flowing() {
    return upMillis < FLOWING_MILLIS && downMillis < FLOWING_MILLIS && flowsAlive >= flowsOpen;
  }

  private static final long FLOWING_MILLIS = 50;
}
