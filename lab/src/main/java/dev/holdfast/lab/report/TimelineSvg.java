package dev.holdfast.lab.report;

import dev.holdfast.api.addr.Family;
import dev.holdfast.lab.measure.judge.Activity;
import dev.holdfast.lab.measure.judge.AddressJudge;
import dev.holdfast.lab.measure.judge.AdvertSeen;
import dev.holdfast.lab.measure.judge.AnswerSeen;
import dev.holdfast.lab.measure.judge.FaultFigures;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowRecord;
import dev.holdfast.lab.measure.judge.Mark;
import dev.holdfast.lab.measure.judge.ProbeJudge;
import dev.holdfast.lab.measure.judge.ProbeTrace;
import dev.holdfast.lab.measure.judge.Recording;
import dev.holdfast.lab.measure.judge.RoleJudge;
import dev.holdfast.lab.measure.judge.Span;
import dev.holdfast.lab.measure.judge.Spans;
import dev.holdfast.lab.measure.judge.VirtualRouterId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Draws one run: who was active where, who held the addresses, what came through, and when the
 * fault was.
 *
 * <p>The picture shows the part of the run in which something happened, counted from the first
 * fault. A lane for each router and virtual router has a bar while it advertises and a tick for
 * each advert; below it a thin line while its kernel holds the address, and a triangle for each
 * announcement. The lanes of the probes show the share that came through in each slice of time.
 */
public final class TimelineSvg {

  private static final double WIDTH = 1040;
  private static final double LEFT = 190;
  private static final double RIGHT = 30;
  private static final double TOP = 96;
  private static final double LANE = 30;
  private static final double GROUP_GAP = 14;
  private static final int SLICES = 340;

  private static final long LEAST_VIEW_NANOS = 400_000_000;
  private static final String[] ROUTER_COLOURS = {"#1d6fb8", "#d9730d", "#5f8f1f", "#8a4fbf"};

  private final Setting setting;
  private final Recording recording;
  private final Figures figures;
  private final Span view;
  private final List<String> routers;
  private final SvgText out = new SvgText();
  private double y = TOP;

  private TimelineSvg(Setting setting, Recording recording, Figures figures) {
    this.setting = setting;
    this.recording = recording;
    this.figures = figures;
    this.view = view(recording);
    var names = new TreeSet<String>();
    recording.adverts().forEach(advert -> names.add(advert.router()));
    recording.holds().forEach(change -> names.add(change.router()));
    this.routers = List.copyOf(names);
  }

  /** The whole document. */
  public static String draw(Setting setting, Recording recording, Figures figures) {
    return new TimelineSvg(setting, recording, figures).draw();
  }

  /** From a little before the first fault to a little after the last consequence of any. */
  static Span view(Recording recording) {
    Span window = recording.window();
    long zero = recording.zeroNanos();
    long last = zero;
    for (Mark mark : recording.marks()) {
      last = Math.max(last, mark.nanos());
    }
    for (ProbeTrace trace : probes(recording)) {
      for (Span gap : ProbeJudge.gaps(trace, window)) {
        last = Math.max(last, gap.toNanos());
      }
    }
    for (FlowRecord flow : recording.flows()) {
      if (flow.judgedForStalls() && flow.longestPause().nanos() > 4 * flow.intervalNanos()) {
        last = Math.max(last, flow.longestPause().toNanos());
      }
    }
    for (Activity activity : RoleJudge.activities(recording.adverts())) {
      if (activity.span().fromNanos() > zero) {
        last = Math.max(last, activity.span().fromNanos());
      }
    }
    for (var change : recording.holds()) {
      if (change.nanos() < window.toNanos()) {
        last = Math.max(last, change.nanos());
      }
    }
    long length = Math.max(LEAST_VIEW_NANOS, last - zero);
    return new Span(
        Math.max(0, Math.max(window.fromNanos(), zero - length / 3)),
        Math.max(zero + 1, Math.min(window.toNanos(), last + length / 2)));
  }

  private static List<ProbeTrace> probes(Recording recording) {
    var all = new ArrayList<>(recording.probesUp());
    all.addAll(recording.probesDown());
    return all;
  }

  private String draw() {
    var lanes = new SvgText();
    for (VirtualRouterId id : virtualRouters()) {
      for (String router : routers) {
        roleLane(lanes, id, router);
      }
      y += GROUP_GAP;
    }
    for (ProbeTrace trace : recording.probesUp()) {
      probeLane(lanes, "probes to the internet" + family(trace), trace);
    }
    for (ProbeTrace trace : recording.probesDown()) {
      probeLane(lanes, "probes to the LAN" + family(trace), trace);
    }
    flowLane(lanes);
    floorLane(lanes);
    double bottom = y + 4;
    double height = bottom + 64;

    out.open(WIDTH, height, title());
    header();
    grid(bottom);
    out.append(lanes);
    marks(bottom);
    legend(bottom + 48);
    out.close();
    return out.toString();
  }

  // --- head -----------------------------------------------------------------------------------

  private String title() {
    return setting.faultText() + " on " + setting.stack();
  }

  private void header() {
    out.text(LEFT, 34, "title", "start", title());
    var words = new ArrayList<String>();
    Stream.of(
            Optional.ofNullable(figures.gapUpMillis()),
            Optional.ofNullable(figures.gapDownMillis()))
        .flatMap(Optional::stream)
        .max(Double::compare)
        .ifPresent(gap -> words.add(gap == 0 ? "no packet lost" : "longest gap " + millis(gap)));
    var flows = figures.flows();
    if (flows.total() > 0) {
      words.add(flows.kept() + " of " + flows.total() + " connections kept");
    }
    if (figures.roleMillis() != null) {
      words.add("role moved after " + millis(figures.roleMillis()));
    }
    out.text(LEFT, 58, "subtitle", "start", String.join("  ·  ", words));
  }

  private static String millis(double value) {
    return value >= 10 ? Math.round(value) + " ms" : Math.round(value * 10) / 10.0 + " ms";
  }

  private void grid(double bottom) {
    double stepMillis = step(view.nanos() / 1e6);
    double zeroMillis = recording.zeroNanos() / 1e6;
    double first = Math.ceil((view.fromNanos() / 1e6 - zeroMillis) / stepMillis) * stepMillis;
    for (double at = first; zeroMillis + at <= view.toNanos() / 1e6; at += stepMillis) {
      double x = x(Math.round((zeroMillis + at) * 1e6));
      out.line(x, TOP - 8, x, bottom, "grid");
      String label = stepMillis >= 1000 ? number(at / 1000) + " s" : number(at) + " ms";
      out.text(x, bottom + 16, "axis", "middle", label);
    }
  }

  /** A round distance between grid lines, so that there are six to fifteen. */
  static double step(double lengthMillis) {
    double step = 1;
    while (lengthMillis / step > 15) {
      step *= lengthMillis / (step * 2) <= 15 ? 2 : lengthMillis / (step * 5) <= 15 ? 5 : 10;
    }
    return step;
  }

  private static String number(double value) {
    long whole = Math.round(value);
    return Math.abs(value - whole) < 1e-6 ? "" + whole : "" + Math.round(value * 10) / 10.0;
  }

  // --- lanes ----------------------------------------------------------------------------------

  private List<VirtualRouterId> virtualRouters() {
    return recording.adverts().stream()
        .map(AdvertSeen::virtualRouter)
        .distinct()
        .sorted(
            Comparator.comparing(VirtualRouterId::network).thenComparing(VirtualRouterId::family))
        .toList();
  }

  private void roleLane(SvgText lanes, VirtualRouterId id, String router) {
    String colour = ROUTER_COLOURS[routers.indexOf(router) % ROUTER_COLOURS.length];
    lane(lanes, router, id.network() + (id.family() == Family.IPV6 ? " IPv6" : ""));
    double top = y + 5;
    for (Activity activity : RoleJudge.activities(recording.adverts())) {
      if (activity.virtualRouter().equals(id) && activity.router().equals(router)) {
        bar(lanes, activity.span(), top, 11, colour, "role");
      }
    }
    for (AdvertSeen advert : recording.adverts()) {
      if (advert.virtualRouter().equals(id)
          && advert.router().equals(router)
          && view.contains(advert.nanos())) {
        double x = x(advert.nanos());
        if (advert.priority() == 0) {
          lanes.circle(x, top + 5.5, 4, colour, "leave");
        } else if (view.nanos() / Math.max(1, advert.intervalNanos()) < 120) {
          lanes.line(x, top, x, top + 11, "advert");
        }
      }
    }
    holdings(lanes, id, router, colour, top + 15);
    y += LANE;
  }

  private void holdings(
      SvgText lanes, VirtualRouterId id, String router, String colour, double top) {
    AddressJudge.holders(recording.holds(), recording.window())
        .forEach(
            (address, byRouter) -> {
              boolean here =
                  recording.holds().stream()
                      .anyMatch(
                          change ->
                              change.address().equals(address)
                                  && change.network().equals(id.network()));
              if (here && address.family() == id.family()) {
                for (Span span : byRouter.getOrDefault(router, List.of())) {
                  bar(lanes, span, top, 3, colour, "hold");
                }
              }
            });
    for (AnswerSeen answer : recording.answers()) {
      if (!answer.asked()
          && answer.router().equals(router)
          && answer.network().equals(id.network())
          && answer.address().family() == id.family()
          && view.contains(answer.nanos())) {
        lanes.triangle(x(answer.nanos()), top + 1.5, 4, colour);
      }
    }
  }

  private void probeLane(SvgText lanes, String name, ProbeTrace trace) {
    lane(lanes, name, "");
    long slice = Math.max(1_000_000, view.nanos() / SLICES);
    int slices = (int) (view.nanos() / slice) + 1;
    int[] sent = new int[slices];
    int[] arrived = new int[slices];
    for (int n = 0; n < trace.count(); n++) {
      long at = trace.sentNanos()[n];
      if (view.contains(at)) {
        int index = (int) ((at - view.fromNanos()) / slice);
        sent[index]++;
        arrived[index] += trace.lost(n) ? 0 : 1;
      }
    }
    double top = y + 4;
    double full = LANE - 9;
    int begin = 0;
    for (int i = 1; i <= slices; i++) {
      // Slices of the same share are one bar: edges between them would show as stripes.
      if (i == slices || share(sent, arrived, i) != share(sent, arrived, begin)) {
        var span =
            new Span(
                view.fromNanos() + begin * slice,
                Math.min(view.toNanos(), view.fromNanos() + i * slice));
        shareBar(lanes, span, share(sent, arrived, begin), top, full);
        begin = i;
      }
    }
    gapLabel(lanes, trace, top + full / 2 + 4);
    y += LANE;
  }

  /** What came through of what was sent in a slice, 0 to 1; -1 where nothing was sent. */
  private static double share(int[] sent, int[] arrived, int slice) {
    return sent[slice] == 0 ? -1 : (double) arrived[slice] / sent[slice];
  }

  private void shareBar(SvgText lanes, Span span, double share, double top, double full) {
    double lostHeight = full * (1 - share);
    if (share > 0) {
      bar(lanes, span, top + lostHeight, full - lostHeight, "", "came");
    }
    if (share >= 0 && share < 1) {
      bar(lanes, span, top, lostHeight, "", "lost");
    }
  }

  private void gapLabel(SvgText lanes, ProbeTrace trace, double baseline) {
    List<Span> gaps = ProbeJudge.gaps(trace, recording.window());
    long longest = Spans.longestNanos(gaps);
    gaps.stream()
        .filter(gap -> gap.nanos() == longest && view.touches(gap))
        .findFirst()
        .ifPresent(
            gap -> {
              double width = x(gap.toNanos()) - x(gap.fromNanos());
              String label = millis(gap.nanos() / 1e6);
              if (width > 7.0 * label.length()) {
                lanes.text(
                    (x(gap.fromNanos()) + x(gap.toNanos())) / 2, baseline, "gap", "middle", label);
              } else {
                lanes.text(x(gap.toNanos()) + 6, baseline, "gap", "start", label);
              }
            });
  }

  private void flowLane(SvgText lanes) {
    List<FlowRecord> judged =
        recording.flows().stream().filter(FlowRecord::judgedForStalls).toList();
    if (judged.isEmpty()) {
      return;
    }
    lane(lanes, "connections", judged.size() + " judged");
    double top = y + 4;
    double full = LANE - 9;
    double each = full / judged.size();
    bar(lanes, view, top, full, "", "came");
    for (int i = 0; i < judged.size(); i++) {
      Span pause = judged.get(i).longestPause();
      if (pause.nanos() > 4 * judged.get(i).intervalNanos() && view.touches(pause)) {
        bar(lanes, pause, top + i * each, each, "", "paused");
      }
    }
    y += LANE;
  }

  private void floorLane(SvgText lanes) {
    List<Span> stalls =
        recording.floorStalls().stream().filter(stall -> view.touches(stall)).toList();
    if (stalls.isEmpty()) {
      return;
    }
    lane(lanes, "this machine", "stood still");
    for (Span stall : stalls) {
      bar(lanes, stall, y + 8, LANE - 17, "", "floor");
    }
    y += LANE;
  }

  private void lane(SvgText lanes, String name, String detail) {
    lanes.rectangle(LEFT, y + 2, WIDTH - LEFT - RIGHT, LANE - 5, "", "lane");
    if (detail.isEmpty()) {
      lanes.text(LEFT - 12, y + 18, "name", "end", name);
    } else {
      lanes.text(LEFT - 12, y + 14, "name", "end", name);
      lanes.text(LEFT - 12, y + 25, "detail", "end", detail);
    }
  }

  private void bar(
      SvgText lanes, Span span, double top, double height, String colour, String style) {
    long from = Math.max(span.fromNanos(), view.fromNanos());
    long to = Math.min(span.toNanos(), view.toNanos());
    if (from <= to) {
      lanes.rectangle(x(from), top, Math.max(1.2, x(to) - x(from)), height, colour, style);
    }
  }

  // --- marks and legend -----------------------------------------------------------------------

  private void marks(double bottom) {
    double labelRow = TOP - 14;
    for (Mark mark : recording.marks()) {
      if (view.contains(mark.nanos())) {
        double x = x(mark.nanos());
        out.line(x, TOP - 8, x, bottom, "fault");
        out.text(x - 5, labelRow, "fault", "end", mark.fault());
      }
    }
    for (int i = 0; i < figures.faults().size(); i++) {
      FaultFigures fault = figures.faults().get(i);
      if (fault.roleMillis() != null) {
        long at = recording.marks().get(i).nanos() + Math.round(fault.roleMillis() * 1e6);
        if (view.contains(at)) {
          double x = x(at);
          out.line(x, TOP - 8, x, bottom, "active");
          out.text(x + 5, labelRow, "active", "start", newActive(at) + millis(fault.roleMillis()));
        }
      }
    }
  }

  private String newActive(long atNanos) {
    return recording.adverts().stream()
        .filter(advert -> advert.priority() > 0 && Math.abs(advert.nanos() - atNanos) < 200_000)
        .findFirst()
        .map(advert -> advert.router() + " active, ")
        .orElse("new active, ");
  }

  private void legend(double baseline) {
    double x = LEFT;
    for (int i = 0; i < Math.min(routers.size(), ROUTER_COLOURS.length); i++) {
      out.rectangle(x, baseline - 8, 14, 8, ROUTER_COLOURS[i], "role");
      out.text(x + 19, baseline, "legend", "start", routers.get(i) + " advertises");
      x += 110 + 6.2 * routers.get(i).length();
    }
    out.rectangle(x, baseline - 5, 14, 3, ROUTER_COLOURS[0], "hold");
    out.text(x + 19, baseline, "legend", "start", "holds the address");
    x += 130;
    out.triangle(x + 6, baseline - 4, 4, ROUTER_COLOURS[0]);
    out.text(x + 16, baseline, "legend", "start", "announces it");
    x += 104;
    out.rectangle(x, baseline - 8, 14, 8, "", "came");
    out.text(x + 19, baseline, "legend", "start", "came through");
    x += 106;
    out.rectangle(x, baseline - 8, 14, 8, "", "lost");
    out.text(x + 19, baseline, "legend", "start", "lost");
    x += 58;
    out.rectangle(x, baseline - 8, 14, 8, "", "paused");
    out.text(x + 19, baseline, "legend", "start", "paused");
  }

  private double x(long nanos) {
    double share = (double) (nanos - view.fromNanos()) / Math.max(1, view.nanos());
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private String family(ProbeTrace trace) {
    boolean several = Math.max(recording.probesUp().size(), recording.probesDown().size()) > 1;
    return several ? " " + Objects.requireNonNull(trace.path()).replaceFirst("^\\S+ ", "") : "";
  }
}
