package dev.holdfast.lab;

import java.time.Duration;

/** Waits between two looks at the world. */
public final class Pause {

  private Pause() {}

  /** Sleeps; an interrupt ends the lab. */
  public static void millis(long millis) {
    try {
      Thread.sleep(Duration.ofMillis(millis));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }
}
