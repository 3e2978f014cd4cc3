package dev.holdfast.operator.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Questions that must have an answer before the operator can start. An API server that is away is
 * waited for: a start that fails is not tried again by anybody, and the process would live on
 * without an operator in it.
 */
final class Patience {

  private static final Logger LOG = LoggerFactory.getLogger(Patience.class);

  private Patience() {}

  /**
   * Asks until the API server answers. A process that is told to end meanwhile would wait for this
   * start first, so its end interrupts the waiting.
   *
   * @param pauseMillis between two questions
   * @throws KubernetesClientException when interrupted meanwhile
   */
  static <T> T untilAnswered(Supplier<T> question, long pauseMillis) {
    Thread end = new Thread(Thread.currentThread()::interrupt, "end-of-patience");
    Runtime.getRuntime().addShutdownHook(end);
    try {
      return askOn(question, pauseMillis);
    } finally {
      forget(end);
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It runs already.
    }
  }

  private static <T> T askOn(Supplier<T> question, long pauseMillis) {
    while (true) {
      try {
        return question.get();
      } catch (KubernetesClientException e) {
        LOG.warn("waits for the API server: {}", e.getMessage());
        pause(pauseMillis, e);
      }
    }
  }

  private static void pause(long millis, KubernetesClientException reason) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw reason;
    }
  }
}
