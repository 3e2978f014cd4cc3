package dev.holdfast.lab;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.Live;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.Host;
import dev.holdfast.lab.net.NetworkSite;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.stack.Stack;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tells a run to somebody who sees it for the first time. */
final class Story implements Narrator {

  private final PrintStream out;
  private final Progress progress;
  private @Nullable Topology topology;
  private @Nullable Router active;
  private volatile boolean silent;

  /**
   * @param out for the story
   * @param progress for what takes a while
   */
  Story(PrintStream out, Progress progress) {
    this.out = out;
    this.progress = progress;
  }

  @Override
  public void step(String sentence) {
    // The waiting between two paragraphs is short; numbers would only distract.
  }

  @Override
  public void built(Topology built, Stack stack) {
    topology = built;
    say(
        String.format(
            Locale.ROOT,
            "A network with %d routers, built from one GatewayCluster; every machine below is a"
                + " network namespace on this computer, and the routers run %s:",
            built.routers().size(),
            stack));
    table(built);
    Host lan = built.lanHost();
    Host internet = built.internetHost();
    say(
        String.format(
            Locale.ROOT,
            "Hosts on the LAN know one gateway, the virtual address. Whichever router is active has"
                + " it; the others stand by. %s lives on the LAN, %s in the internet.",
            address(lan),
            address(internet)));
  }

  private void table(Topology built) {
    var rows = new ArrayList<List<String>>();
    var head = new ArrayList<>(List.of("network", "virtual address"));
    built.routers().forEach(router -> head.add(router.node()));
    rows.add(head);
    for (NetworkSite network : built.networks()) {
      var row = new ArrayList<>(List.of(network.name(), virtual(network)));
      built.routers().forEach(router -> row.add(own(router, network)));
      rows.add(row);
    }
    int[] widths = new int[head.size()];
    rows.forEach(
        row -> {
          for (int i = 0; i < row.size(); i++) {
            widths[i] = Math.max(widths[i], row.get(i).length());
          }
        });
    out.println();
    for (List<String> row : rows) {
      var line = new StringBuilder("   ");
      for (int i = 0; i < row.size(); i++) {
        line.append(String.format(Locale.ROOT, "  %-" + widths[i] + "s", row.get(i)));
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static String virtual(NetworkSite network) {
    return network.virtualAddresses().stream()
        .map(Prefix::address)
        .filter(address -> !address.isLinkLocal())
        .map(IpAddress::toString)
        .collect(Collectors.joining(" "));
  }

  private static String own(Router router, NetworkSite network) {
    return router.attachment(network.name()).stream()
        .map(Attachment::addresses)
        .flatMap(List::stream)
        .map(prefix -> prefix.address().toString())
        .collect(Collectors.joining(" "));
  }

  private static String address(Host host) {
    return host.address(Family.IPV4)
        .or(() -> host.address(Family.IPV6))
        .map(IpAddress::toString)
        .orElse(host.name());
  }

  @Override
  public void settled(Router settled) {
    active = settled;
    say(String.format(Locale.ROOT, "%s is active.", settled.node()));
  }

  @Override
  public void flows(Live live) {
    say(
        String.format(
            Locale.ROOT,
            "%d connections are open through it. In half of them the LAN host asks and the internet"
                + " host answers; in the other half only the internet host speaks, as in a download:"
                + " a router that does not know them can only drop them. A thousand probes a second"
                + " run each way.",
            live.flows()));
  }

  @Override
  public void fault(Fault fault, Router target) {
    out.println();
    out.println(">>> " + Progress.describe(fault, target) + ".");
  }

  @Override
  public void healed(String sentence) {
    out.println();
    out.println(">>> " + sentence + ".");
  }

  @Override
  public void after(Live live, boolean settled) {
    Set<String> speakers = new TreeSet<>(live.speakers().values());
    Router before = active;
    if (speakers.size() == 1 && before != null && !speakers.contains(before.node())) {
      String now = speakers.iterator().next();
      say(
          String.format(
              Locale.ROOT,
              "%s fell silent, %s noticed and has the addresses now.",
              before.node(),
              now));
      active = topology == null ? null : topology.router(now);
    } else if (speakers.size() == 1) {
      say(String.format(Locale.ROOT, "%s is active.", speakers.iterator().next()));
    } else {
      say(
          String.format(
              Locale.ROOT,
              "Active now: %s.",
              speakers.isEmpty() ? "nobody" : String.join(" and ", speakers)));
    }
    if (!settled) {
      say(
          String.format(
              Locale.ROOT,
              "Not everything flows again: %d of %d connections.",
              live.flowsAlive(),
              live.flows()));
    }
  }

  /** What it came to. */
  void end(Figures figures) {
    FlowCounts flows = figures.flows();
    Double up = figures.gapUpMillis();
    Double down = figures.gapDownMillis();
    if (up != null && down != null) {
      say(
          String.format(
              Locale.ROOT,
              "For %.0f ms nothing came through from the LAN, for %.0f ms nothing from the internet.",
              up,
              down));
    }
    say(
        String.format(
            Locale.ROOT,
            "Of %d connections %d went on, %d were reset, %d hang.",
            flows.total(),
            flows.kept(),
            flows.reset(),
            flows.stalled()));
    out.println();
  }

  @Override
  public void interrupted() {
    progress.interrupted();
    silent = true;
  }

  private void say(String paragraph) {
    if (silent) {
      return;
    }
    out.println();
    wrap(paragraph);
  }

  private void wrap(String paragraph) {
    int width = 96;
    var line = new StringBuilder();
    for (String word : paragraph.split(" ", -1)) {
      if (line.length() + word.length() >= width) {
        out.println(line);
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    out.println(line);
  }
}
