package dev.holdfast.agent.fuzz;

import dev.holdfast.agent.sync.core.SealedLinkFuzz;
import java.util.List;
import java.util.function.Consumer;

/** All fuzzed parsers. */
public final class Fuzzers {

  /**
   * One of them.
   *
   * @param name as on the command line and of the folder of its corpus
   * @param target the class for Jazzer
   * @param reads takes any bytes, and throws only when there is a bug
   */
  public record Fuzzer(String name, Class<?> target, Consumer<byte[]> reads) {}

  public static final List<Fuzzer> ALL =
      List.of(
          new Fuzzer("conntrackd", ConntrackdFuzz.class, ConntrackdFuzz::fuzzerTestOneInput),
          new Fuzzer("sealed-link", SealedLinkFuzz.class, SealedLinkFuzz::fuzzerTestOneInput),
          new Fuzzer("ctnetlink", CtnetlinkFuzz.class, CtnetlinkFuzz::fuzzerTestOneInput),
          new Fuzzer("rtnetlink", RtnetlinkFuzz.class, RtnetlinkFuzz::fuzzerTestOneInput),
          new Fuzzer("adverts", AdvertsFuzz.class, AdvertsFuzz::fuzzerTestOneInput),
          new Fuzzer("cluster-file", ClusterFileFuzz.class, ClusterFileFuzz::fuzzerTestOneInput),
          new Fuzzer("node-file", NodeFileFuzz.class, NodeFileFuzz::fuzzerTestOneInput));

  private Fuzzers() {}

  /** Names and classes, a line each: for {@code ./dev fuzz}. */
  public static void main(String[] arguments) {
    for (Fuzzer fuzzer : ALL) {
      System.out.println(fuzzer.name() + " " + fuzzer.target().getName());
    }
  }
}
