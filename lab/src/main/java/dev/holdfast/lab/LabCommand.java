package dev.holdfast.lab;

import dev.holdfast.api.v1alpha1.DurationText;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.fault.FaultKind;
import dev.holdfast.lab.measure.MeasureOptions;
import dev.holdfast.lab.measure.RunReport;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.report.JsonReport;
import dev.holdfast.lab.report.Report;
import dev.holdfast.lab.report.RoundsTable;
import dev.holdfast.lab.report.Setting;
import dev.holdfast.lab.report.TextReport;
import dev.holdfast.lab.report.TimelineSvg;
import dev.holdfast.lab.stack.SourceTranslation;
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
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code holdfast lab}. */
@Command(
    name = "lab",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpAutoWidth = true,
    description = {
      "Builds a GatewayCluster on this machine, breaks it, and says what that cost.",
      "",
      "Every router, switch, modem and host becomes a network namespace; nothing outside of them"
          + " is touched, and all of it is removed at the end. Connections run from a LAN host to"
          + " an internet host through the virtual addresses while the fault happens. What is"
          + " reported was seen from outside: numbered payloads, adverts at the switches, the"
          + " kernels' addresses.",
      ""
    },
    modelTransformer = LabCommand.FaultsInHelp.class)
final class LabCommand implements Callable<Integer> {

  static final int HELD = 0;
  static final int BROKEN = 1;
  static final int USAGE = 2;
  static final int CANNOT = 3;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Any GatewayCluster, YAML or JSON. Default: the article's network.")
  private @Nullable Path config;

  @Option(
      names = "--fault",
      paramLabel = "NAME[:VALUE][,...]",
      description =
          "What goes wrong; a list happens one after the other. Default: power-off. Given several"
              + " times: one lab, and a row of a table for each.")
  private List<String> faults = new ArrayList<>();

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "1",
      description = "So many runs, each on a lab of its own. Default: 1.")
  private int runs;

  @Option(
      names = "--soak",
      paramLabel = "DURATION",
      description =
          "Instead of runs: the faults again and again on one lab for so long, like 10m or 2h.")
  private @Nullable String soak;

  @Option(
      names = "--stack",
      paramLabel = "STACK",
      defaultValue = "holdfast",
      description =
          "What the routers run: holdfast; kubernetes (as --kube); kubernetes:host (agent.mode: Host); keepalived (with conntrackd and the article's rules);"
              + " mixed (our agent on the best router, keepalived on the others);"
              + " mixed:keepalived (the other way round). Default: holdfast.")
  private String stackName = "holdfast";

  @Option(
      names = "--kube",
      description =
          "The agents run as pods of a real Kubernetes cluster whose nodes are the routers, with"
              + " chart and operator. The same as --stack kubernetes; needs './dev images'.")
  private boolean kube;

  @Option(
      names = "--nat",
      paramLabel = "snat|masquerade|none",
      description = "Source NAT instead of what the resource says.")
  private @Nullable String nat;

  @Option(
      names = "--flows",
      paramLabel = "N",
      defaultValue = "100",
      description = "Long TCP flows, half of them client first, half server first. Default: 100.")
  private int flows;

  @Option(
      names = "--udp-flows",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Long UDP flows, a message each second; in every other one only the server speaks."
              + " Default: 0.")
  private int udpFlows;

  @Option(
      names = "--table",
      paramLabel = "N",
      defaultValue = "0",
      description = "Further flows that only fill the routers' tables. Default: 0.")
  private int table;

  @Option(
      names = "--sync",
      paramLabel = "direct|switched",
      defaultValue = "direct",
      description =
          "The Sync network: one cable between two routers, or a switch. Default: direct.")
  private String sync = "direct";

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the report for programs.")
  private @Nullable Path json;

  @Option(
      names = "--timeline",
      paramLabel = "FILE.svg",
      description = "Draws roles, gaps and probes of the last run over time.")
  private @Nullable Path timeline;

  @Option(names = "--story", description = "Tells one run as a story, for a first acquaintance.")
  private boolean story;

  @Option(
      names = "--keep",
      description = "Leaves the lab standing after the last run and says how to look around.")
  private boolean keep;

  @Option(
      names = "--remove",
      paramLabel = "ID",
      description = "Removes a lab that was kept, and does nothing else; \"all\" removes them all.")
  private @Nullable String remove;

  private final PrintStream out = System.out;
  private final PrintStream err = System.err;

  @Override
  public Integer call() {
    try {
      return remove == null ? lab() : remove(remove);
    } catch (IllegalArgumentException | LabException e) {
      err.println(e.getMessage());
      return exit(e);
    }
  }

  /**
   * What routers do not get done breaks the promise too: to settle, or to let traffic through. What
   * this machine does not get done says nothing of it.
   */
  static int exit(RuntimeException e) {
    return switch (e) {
      case LabException lab -> lab.isOfMachine() ? CANNOT : BROKEN;
      default -> USAGE;
    };
  }

  private int lab() {
    checkUsage();
    List<List<Fault>> rounds = rounds();
    List<Fault> sequence = rounds.getFirst();
    Stack stack = stack();
    Path program = LabOptions.defaultProgram();
    Optional<String> missing = Preflight.missing(stack, program);
    if (missing.isPresent()) {
      err.println(missing.get());
      return CANNOT;
    }
    LabOptions options =
        LabOptions.of(
            ClusterFile.read(config),
            stack,
            nat == null ? null : SourceTranslation.parse(nat),
            sync.equals("direct"),
            program);
    return rounds.size() == 1 ? measure(options, sequence) : table(options, rounds);
  }

  private List<List<Fault>> rounds() {
    return (faults.isEmpty() ? List.of("power-off") : faults)
        .stream().map(Fault::parseList).toList();
  }

  private Stack stack() {
    return kube ? Stack.KUBERNETES : Stack.parse(stackName);
  }

  /** Each round stands for itself; the exit code for all of them. */
  private int table(LabOptions options, List<List<Fault>> rounds) {
    MeasureOptions traffic = traffic();
    var rows = new ArrayList<RoundsTable.Round>();
    try (LabSession session = new LabSession(new Progress(err))) {
      session.rounds(
          options,
          traffic,
          rounds,
          (round, run) -> {
            Report report = Report.of(options.setting(round, traffic), List.of(run.figures()));
            String text = round.stream().map(Fault::text).collect(Collectors.joining(","));
            rows.add(new RoundsTable.Round(text, run.figures(), report.broken()));
            err.println(TextReport.run(rows.size(), run.figures()));
          });
    } finally {
      out.print(RoundsTable.write(rows));
    }
    return rows.stream().allMatch(row -> row.broken().isEmpty()) ? HELD : BROKEN;
  }

  private MeasureOptions traffic() {
    return MeasureOptions.DEFAULT.withFlows(flows).withUdpFlows(udpFlows).withTable(table);
  }

  private int measure(LabOptions options, List<Fault> sequence) {
    MeasureOptions traffic = traffic();
    Setting setting = options.setting(sequence, traffic);
    var results = new Results(setting);
    var progress = new Progress(err);
    Story told = story ? new Story(out, progress) : null;
    inAnyCase(
        () -> {
          try (LabSession session = new LabSession(told == null ? progress : told)) {
            if (soak != null) {
              session.soak(options, traffic, sequence, soakNanos(soak), results);
            } else {
              runs(session, options, traffic, sequence, results);
            }
          }
          if (told != null) {
            told.end(results.figures.getLast());
          }
        },
        results::write);
    return results.report().held() ? HELD : BROKEN;
  }

  /** Runs both; what the first throws is thrown when the second is done. */
  static void inAnyCase(Runnable work, Runnable afterwards) {
    try {
      work.run();
    } catch (RuntimeException e) {
      try {
        afterwards.run();
      } catch (RuntimeException too) {
        e.addSuppressed(too);
      }
      throw e;
    }
    afterwards.run();
  }

  /** Keeps the figures of all runs, and the recording of the last. */
  private final class Results implements Consumer<RunReport> {

    private final Setting setting;
    private final List<Figures> figures = new ArrayList<>();
    private @Nullable RunReport last;

    Results(Setting setting) {
      this.setting = setting;
    }

    @Override
    public void accept(RunReport report) {
      figures.add(report.figures());
      last = report;
      if (runs > 1 || soak != null) {
        err.println(TextReport.run(figures.size(), report.figures()));
      }
    }

    Report report() {
      return Report.of(setting, figures);
    }

    /** Of the runs that were done, so that a later one that cannot be takes nothing along. */
    void write() {
      RunReport drawn = last;
      if (drawn == null) {
        return;
      }
      Report report = report();
      out.println(TextReport.write(report));
      LabCommand.write(json, JsonReport.write(report));
      LabCommand.write(timeline, TimelineSvg.draw(setting, drawn.recording(), drawn.figures()));
    }
  }

  private static void write(@Nullable Path file, String text) {
    if (file == null) {
      return;
    }
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw LabException.ofMachine("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private void runs(
      LabSession session,
      LabOptions options,
      MeasureOptions traffic,
      List<Fault> sequence,
      Results results) {
    for (int run = 1; run <= runs; run++) {
      if (keep && run == runs) {
        LabSession.Kept kept = session.runAndKeep(options, traffic, sequence);
        results.accept(kept.report());
        out.print(Guide.lookAround(kept.lab()));
      } else {
        results.accept(session.run(options, traffic, sequence));
      }
    }
  }

  /**
   * Before anything is built.
   *
   * @throws IllegalArgumentException with a sentence for the person
   */
  void checkUsage() {
    traffic();
    if (soak != null) {
      soakNanos(soak);
    }
    checkFolder(json);
    checkFolder(timeline);
    rounds().forEach(round -> checkUsage(round, stack()));
    boolean otherForm = runs > 1 || soak != null || keep || story || json != null;
    if (rounds().size() > 1 && (otherForm || timeline != null)) {
      throw new IllegalArgumentException("several --fault make a table and go with no other form");
    }
  }

  private static void checkFolder(@Nullable Path file) {
    if (file != null && !Files.isDirectory(file.toAbsolutePath().resolveSibling("."))) {
      throw new IllegalArgumentException("there is no folder to write " + file + " to");
    }
  }

  /**
   * As the resource writes durations, and hours besides.
   *
   * @throws IllegalArgumentException with a sentence that names the text
   */
  static long soakNanos(String text) {
    try {
      return text.endsWith("h")
          ? Math.multiplyExact(60, DurationText.nanos(text.replaceFirst("h$", "m")))
          : DurationText.nanos(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "--soak is a number and ms, s, m or h, like 90s or 2h, not \"" + text + "\"", e);
    }
  }

  private void checkUsage(List<Fault> sequence, Stack stack) {
    if (runs < 1) {
      throw new IllegalArgumentException("--runs is 1 or more");
    }
    if (keep && soak != null) {
      throw new IllegalArgumentException("--keep goes with --runs, not with --soak");
    }
    if (!sync.equals("direct") && !sync.equals("switched")) {
      throw new IllegalArgumentException("--sync is direct or switched, not \"" + sync + "\"");
    }
    for (Fault one : sequence) {
      if (one.kind().needsKubernetes() && !stack.isKubernetes()) {
        throw new IllegalArgumentException("\"" + one.text() + "\" needs --kube");
      }
      if (one.kind().needsPods() && stack == Stack.KUBERNETES_HOST) {
        throw new IllegalArgumentException(
            "\"" + one.text() + "\" is done to pods; agents are host services in --stack " + stack);
      }
      if (one.kind().needsHoldfast() && stack.needsKeepalived()) {
        throw new IllegalArgumentException(
            "only our agent knows \"" + one.text() + "\"; leave --stack " + stack + " out");
      }
    }
  }

  private int remove(String id) {
    var registry = new LabRegistry(LabRegistry.DEFAULT_FOLDER);
    List<LabRegistry.Entry> chosen =
        registry.entries().stream()
            .filter(entry -> id.equals("all") || entry.id().equals(id))
            .toList();
    if (chosen.isEmpty() && !id.equals("all")) {
      throw new IllegalArgumentException("there is no lab " + id);
    }
    chosen.forEach(
        entry -> {
          registry.remove(entry);
          err.println("removed lab " + entry.id());
        });
    return HELD;
  }

  /** Lists the faults in the help. */
  static final class FaultsInHelp implements CommandLine.IModelTransformer {

    @Override
    public CommandSpec transform(CommandSpec command) {
      Stream<String> kinds =
          Stream.of(FaultKind.values())
              .map(
                  kind ->
                      String.format(Locale.ROOT, "  %-15s %s", kind.text(), kind.description()));
      Stream<String> rest =
          Stream.of(
              "",
              "Values: freeze:500ms, agent-pause:2s, partition:8s, loss:10%%. A duration after any"
                  + " other fault gives back after it what was taken.",
              "",
              "Exit: 0 the promise held, 1 it did not, 2 usage, 3 this machine cannot run it.");
      command
          .usageMessage()
          .footerHeading("%nFaults:%n")
          .footer(Stream.concat(kinds, rest).toArray(String[]::new));
      return command;
    }
  }
}
