package dev.holdfast.lab.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.LabSession.Standing;
import dev.holdfast.lab.Pause;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.stack.Stack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who copies flows in the benches, and how to ask each how many it holds. */
enum CopyStack {
  HOLDFAST("holdfast", Stack.HOLDFAST),
  /** As the article has it. */
  CONNTRACKD("conntrackd", Stack.KEEPALIVED),
  /** Large tables and buffers, unicast, UDP and ICMP too. */
  TUNED("conntrackd, tuned", Stack.KEEPALIVED),
  /** The same, and the peer's flows straight into the kernel. */
  TUNED_DIRECT("conntrackd, tuned, direct", Stack.KEEPALIVED);

  private static final Pattern EXTERNAL =
      Pattern.compile("cache external:\\s+current active connections:\\s+(\\d+)");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(90);
  private static final double NEARLY_ALL = 0.999;
  private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long STOP_MILLIS = 300;
  private static final long READY_MILLIS = 1_000;

  private final String text;
  private final Stack stack;

  CopyStack(String text, Stack stack) {
    this.text = text;
    this.stack = stack;
  }

  @Override
  public String toString() {
    return text;
  }

  Stack stack() {
    return stack;
  }

  /** Whether the peer's flows are in the backup's kernel all the time. */
  boolean continuous() {
    return this == HOLDFAST || this == TUNED_DIRECT;
  }

  /** What has to be changed in a lab that stands already. */
  void prepare(Standing standing) {
    if (this != TUNED && this != TUNED_DIRECT) {
      return;
    }
    for (Router router : standing.topology().routers()) {
      Path file = configuration(standing, router);
      conntrackd(standing, router, "-k");
      Pause.millis(STOP_MILLIS);
      try {
        Files.writeString(file, tuned(Files.readString(file)));
        Files.deleteIfExists(file.resolveSibling("conntrack.lock"));
      } catch (IOException e) {
        throw new LabException("cannot tune conntrackd: " + e.getMessage(), e);
      }
      conntrackd(standing, router, "-d");
    }
    Pause.millis(READY_MILLIS);
    for (Router router : standing.topology().routers()) {
      conntrackd(standing, router, "-n");
    }
  }

  private String tuned(String article) {
    String direct = this == TUNED_DIRECT ? "        DisableExternalCache On\n" : "";
    return article
        .replace("Mode FTFW {\n", "Mode FTFW {\n        ResendQueueSize 1048576\n" + direct)
        .replace("HashSize 32768", "HashSize 262144")
        .replace("HashLimit 131072", "HashLimit 2097152")
        .replace("NetlinkBufferSize 2097152", "NetlinkBufferSize 33554432")
        .replace("NetlinkBufferSizeMaxGrowth 8388608", "NetlinkBufferSizeMaxGrowth 134217728")
        .replace("SndSocketBuffer 1249280", "SndSocketBuffer 16777216")
        .replace("RcvSocketBuffer 1249280", "RcvSocketBuffer 16777216")
        .replace("Protocol Accept {", "Protocol Accept {\n            UDP\n            ICMP");
  }

  private static Path configuration(Standing standing, Router router) {
    return standing.software(router).logFile().resolveSibling("conntrackd.conf");
  }

  /** One command of conntrackd on that router. */
  static String conntrackd(Standing standing, Router router, String argument) {
    return router
        .namespace()
        .run("conntrackd", "-C", configuration(standing, router).toString(), argument);
  }

  /**
   * Waits until the router holds so many flows for its peer, in whatever way it holds them, but for
   * one in a thousand: conntrackd loses some at once and for good.
   */
  void awaitNearlyAll(Standing standing, Router router, int count) {
    awaitHeld(standing, router, (long) Math.ceil(count * NEARLY_ALL));
  }

  /** Waits until the router holds every one of so many flows for its peer. */
  void awaitHeld(Standing standing, Router router, long count) {
    long limit = System.nanoTime() + LIMIT_NANOS;
    while (true) {
      long held = held(standing, router);
      if (held >= count) {
        return;
      }
      if (System.nanoTime() - limit > 0) {
        throw new LabException(this + " holds " + held + " of " + count + " flows");
      }
      Pause.millis(20);
    }
  }

  /** Waits until no more flows come, so that late ones are not taken for later ones. */
  static void awaitCalm(LongSupplier copied) {
    long limit = System.nanoTime() + LIMIT_NANOS;
    long most = copied.getAsLong();
    long since = System.nanoTime();
    while (System.nanoTime() - since < CALM_NANOS) {
      if (System.nanoTime() - limit > 0) {
        throw new LabException("flows come without an end");
      }
      Pause.millis(100);
      long now = copied.getAsLong();
      if (now > most) {
        most = now;
        since = System.nanoTime();
      }
    }
  }

  /** Flows that the router holds for its peer. */
  long held(Standing standing, Router router) {
    if (this == HOLDFAST) {
      try {
        return JSON.readTree(
                standing.software(router).command("status", List.of("--output", "json")))
            .at("/status/flowSync/table/entries")
            .asLong();
      } catch (JsonProcessingException e) {
        throw new LabException("the agent's status is not JSON", e);
      }
    }
    if (continuous()) {
      return FlowMaker.count(router.namespace());
    }
    Matcher external = EXTERNAL.matcher(conntrackd(standing, router, "-s"));
    return external.find() ? Long.parseLong(external.group(1)) : 0;
  }
}
