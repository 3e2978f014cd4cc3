package dev.holdfast.agent.netns;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.agent.linux.Namespaces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** Namespaces and cables of one test; closing it removes them, whatever happened. */
public final class TestNetwork implements AutoCloseable {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final Duration PROGRAM_MAX = Duration.ofSeconds(20);

  private final String prefix =
      "hfs-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + "-";
  private final List<String> namespaces = new ArrayList<>();

  /** Skips the test when we may not make namespaces. */
  public static TestNetwork open() {
    assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs root, to make network namespaces");
    return new TestNetwork();
  }

  /** Adds a namespace with its loopback up; returns its name. */
  public String namespace(String shortName) {
    String name = prefix + shortName;
    exec("ip", "netns", "add", name);
    namespaces.add(name);
    ip(name, "link set lo up");
    return name;
  }

  /** As after its power was off: the same name, and nothing in it. Its cables are gone. */
  public void renew(String namespace) {
    exec("ip", "netns", "delete", namespace);
    exec("ip", "netns", "add", namespace);
    ip(namespace, "link set lo up");
  }

  /** A cable between two namespaces, both ends up, without IPv6 address detection delays. */
  public void cable(String a, String interfaceA, String b, String interfaceB) {
    ip(a, "link add " + interfaceA + " type veth peer name " + interfaceB + " netns " + b);
    for (String[] end : new String[][] {{a, interfaceA}, {b, interfaceB}}) {
      sysctl(end[0], "net.ipv6.conf." + end[1] + ".accept_dad", "0");
      ip(end[0], "link set " + end[1] + " up");
    }
  }

  /** Runs {@code ip} inside; the words of {@code arguments} are separated by spaces. */
  public String ip(String namespace, String arguments) {
    return in(namespace, ("ip " + arguments).split(" "));
  }

  /** Runs a program inside a namespace; returns what it wrote; fails when it does. */
  public String in(String namespace, String... command) {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
    words.addAll(List.of(command));
    return exec(words.toArray(String[]::new));
  }

  public void sysctl(String namespace, String name, String value) {
    in(namespace, "sysctl", "-q", "-w", name + "=" + value);
  }

  public String readSysctl(String namespace, String name) {
    return in(namespace, "sysctl", "-n", name).trim();
  }

  /** Runs code on a thread inside the namespace. */
  public <T> T call(String namespace, Callable<T> body) {
    try {
      return Namespaces.call(namespace, body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Waits for a condition, looking every few milliseconds. */
  public static void await(String what, Duration atMost, BooleanSupplier condition) {
    long end = System.nanoTime() + atMost.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end >= 0) {
        throw new AssertionError("not within " + atMost.toMillis() + " ms: " + what);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private static String exec(String... command) {
    String text = String.join(" ", command);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(PROGRAM_MAX.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(text + " hangs");
      }
      if (process.exitValue() != 0) {
        throw new AssertionError(text + " ended with " + process.exitValue() + ": " + output);
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(text, e);
    }
  }

  @Override
  public void close() {
    for (String name : namespaces.reversed()) {
      try {
        exec("ip", "netns", "delete", name);
      } catch (AssertionError | UncheckedIOException e) {
        System.err.println("left behind: " + name + ": " + e.getMessage());
      }
    }
  }
}
