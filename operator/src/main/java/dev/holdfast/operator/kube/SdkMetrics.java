package dev.holdfast.operator.kube;

import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * What the SDK counts, for {@code /q/metrics}. The extension's own bean hands out one that counts
 * nothing when it is asked before the registry is there, and the SDK asks once, early.
 */
final class SdkMetrics {

  private SdkMetrics() {}

  // The one that the extension makes too; its successor has other names.
  @Produces
  @Singleton
  @SuppressWarnings("removal")
  static Metrics metrics(MeterRegistry registry) {
    return io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetrics
        .withoutPerResourceMetrics(registry);
  }
}
