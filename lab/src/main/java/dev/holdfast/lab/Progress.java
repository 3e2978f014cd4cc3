package dev.holdfast.lab;

import java.io.PrintStream;
import java.util.Locale;

/** Tells a person what is going on, on standard error, with the time since the lab began. */
final class Progress {

  private final PrintStream out;
  private final long beganNanos = System.nanoTime();

  Progress(PrintStream out) {
    this.out = out;
  }

  void say(String sentence) {
    double seconds = (System.nanoTime() - beganNanos) / 1e9;
    out.printf(Locale.ROOT, "%7.1f s  %s%n", seconds, sentence);
  }
}
