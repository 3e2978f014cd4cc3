package dev.holdfast.lab.fault;

import dev.holdfast.lab.LabException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Several orders that take effect together. The tools are started beforehand and wait for their
 * lines, so that firing costs a few writes to pipes and not the start of programs.
 */
final class Volley implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 5;

  private record Armed(Order order, Process process) {}

  private final List<Armed> armed = new ArrayList<>();

  private Volley() {}

  /** Starts the tools; nothing happens to the network yet. */
  static Volley arm(List<Order> orders) {
    var volley = new Volley();
    try {
      for (Order order : orders) {
        Process process =
            new ProcessBuilder(order.tool().command(order.namespace()))
                .redirectErrorStream(true)
                .start();
        volley.armed.add(new Armed(order, process));
      }
      return volley;
    } catch (IOException e) {
      volley.close();
      throw LabException.ofMachine("cannot start a tool: " + e.getMessage(), e);
    }
  }

  /** Arms and fires. */
  static void now(List<Order> orders) {
    try (Volley volley = arm(orders)) {
      volley.fire();
      volley.await();
    }
  }

  /** Sends every line; returns before the tools have ended. */
  void fire() {
    try {
      for (Armed one : armed) {
        OutputStream stdin = one.process().getOutputStream();
        stdin.write(one.order().batch().getBytes(StandardCharsets.UTF_8));
        stdin.close();
      }
    } catch (IOException e) {
      throw LabException.ofMachine("a tool ended before it got its orders: " + e.getMessage(), e);
    }
  }

  /**
   * Waits until all is done.
   *
   * @throws LabException with what a tool said when it failed
   */
  void await() {
    for (Armed one : armed) {
      try {
        String said =
            new String(one.process().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!one.process().waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)
            || one.process().exitValue() != 0) {
          throw new LabException(
              "'%s' could not do '%s': %s"
                  .formatted(
                      String.join(" ", one.order().tool().command(one.order().namespace())),
                      one.order().batch().strip(),
                      said.strip()));
        }
      } catch (IOException e) {
        throw new LabException("lost a tool's answer: " + e.getMessage(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LabException("interrupted", e);
      }
    }
  }

  @Override
  public void close() {
    armed.forEach(one -> one.process().destroy());
  }
}
