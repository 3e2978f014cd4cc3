package dev.holdfast.lab.measure;

import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.Judge;
import dev.holdfast.lab.measure.judge.Recording;

/**
 * One run: what was seen and what it means. The recording is some megabytes; who keeps many runs
 * keeps the figures.
 */
public record RunReport(Recording recording, Figures figures) {

  static RunReport of(Recording recording) {
    return new RunReport(recording, Judge.judge(recording));
  }
}
