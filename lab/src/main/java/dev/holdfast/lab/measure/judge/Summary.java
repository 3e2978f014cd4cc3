package dev.holdfast.lab.measure.judge;

import java.util.Collection;
import java.util.List;

/**
 * Several measurements of the same thing.
 *
 * @param count of measurements, at least 1
 */
public record Summary(double median, double min, double max, int count) {

  /**
   * @throws IllegalArgumentException when there is nothing to sum up
   */
  public static Summary of(Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no measurement, no summary");
    }
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    double median =
        sorted.size() % 2 == 1
            ? sorted.get(middle)
            : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    return new Summary(median, sorted.getFirst(), sorted.getLast(), sorted.size());
  }
}
