package dev.holdfast.lab.bench;

import dev.holdfast.lab.ClusterFile;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.LabOptions;
import dev.holdfast.lab.LabSession;
import dev.holdfast.lab.Preflight;
import dev.holdfast.lab.stack.Stack;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./dev bench}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpAutoWidth = true,
    description = {
      "Measures Holdfast beside keepalived with conntrackd, on this machine, in turn.",
      "",
      "Both run from the same resource, with the same timers and the same source NAT. The table"
          + " gives medians, the least and the most, the number of runs, and ours divided by"
          + " theirs: below 1 is better.",
      ""
    },
    footer = {"", "Exit: 0 measured, 1 not measured, 2 usage, 3 this machine cannot run it."})
final class BenchCommand implements Callable<Integer> {

  private static final int MEASURED = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int CANNOT = 3;

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description = "Which benches; without a name all of them.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "10",
      description = "So many runs of each. Default: 10.")
  private int runs;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Any GatewayCluster, YAML or JSON. Default: the article's network.")
  private @Nullable Path config;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Writes the figures for programs, too.")
  private @Nullable Path json;

  @Option(names = "--list", description = "Says which benches there are, and does nothing else.")
  private boolean list;

  private final PrintStream out = System.out;
  private final PrintStream err = System.err;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new BenchCommand()).execute(arguments));
  }

  @Override
  public Integer call() {
    try {
      return list ? list() : bench();
    } catch (IllegalArgumentException e) {
      err.println(e.getMessage());
      return USAGE;
    } catch (LabException e) {
      err.println(e.getMessage());
      return e.isOfMachine() ? CANNOT : FAILED;
    } catch (IOException e) {
      err.println("cannot write " + json + ": " + e.getMessage());
      return FAILED;
    }
  }

  private int list() {
    for (Bench bench : Benches.all()) {
      out.println(String.format(Locale.ROOT, "%-12s %s", bench.name(), bench.description()));
    }
    return MEASURED;
  }

  private int bench() throws IOException {
    if (runs < 1) {
      throw new IllegalArgumentException("--runs is 1 or more");
    }
    List<Bench> chosen = chosen();
    Path program = LabOptions.defaultProgram();
    for (Stack stack : List.of(Stack.HOLDFAST, Stack.KEEPALIVED)) {
      Optional<String> missing = Preflight.missing(stack, program);
      if (missing.isPresent()) {
        err.println(missing.get());
        return CANNOT;
      }
    }
    var tables = new ArrayList<BenchTable>();
    try (LabSession session = new LabSession(new Quiet())) {
      var context =
          new BenchContext(session, ClusterFile.read(config), runs, program, err::println);
      for (Bench bench : chosen) {
        tables.add(bench.run(context));
      }
    }
    out.print(BenchReport.text(tables));
    if (json != null) {
      Files.writeString(json, BenchReport.json(tables));
    }
    return MEASURED;
  }

  private List<Bench> chosen() {
    if (names.isEmpty()) {
      return Benches.all();
    }
    return names.stream()
        .map(
            name ->
                Benches.named(name)
                    .orElseThrow(
                        () ->
                            new IllegalArgumentException(
                                "there is no bench \"" + name + "\"; there are " + known())))
        .toList();
  }

  private static String known() {
    return Benches.all().stream().map(Bench::name).collect(Collectors.joining(", "));
  }
}
