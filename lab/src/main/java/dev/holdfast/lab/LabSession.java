package dev.holdfast.lab;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.fault.Injector;
import dev.holdfast.lab.measure.MeasureOptions;
import dev.holdfast.lab.measure.Measurement;
import dev.holdfast.lab.measure.RunReport;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.stack.RouterSoftware;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Runs labs, one after the other, and leaves nothing behind: labs that are closed, interrupted with
 * Ctrl-C, or that an earlier session left when it was killed.
 */
public final class LabSession implements AutoCloseable {

  private final LabRegistry registry;
  private final Narrator narrator;
  private final Random random = new Random();
  private final Set<Lab> standing = ConcurrentHashMap.newKeySet();
  private final Thread atExit = new Thread(this::interrupted, "lab-cleanup");

  public LabSession(Narrator narrator) {
    this(new LabRegistry(LabRegistry.DEFAULT_FOLDER), narrator);
  }

  LabSession(LabRegistry registry, Narrator narrator) {
    this.registry = registry;
    this.narrator = narrator;
    Runtime.getRuntime().addShutdownHook(atExit);
    List<String> removed = registry.removeAbandoned();
    if (!removed.isEmpty()) {
      narrator.step("removed what a crashed lab had left: " + String.join(", ", removed));
    }
  }

  /** One run on a lab of its own: built, settled, measured through the faults, removed. */
  public RunReport run(LabOptions options, MeasureOptions traffic, List<Fault> faults) {
    Lab lab = build(options);
    try {
      return measure(lab, new Scenario(lab, narrator, random), traffic, faults);
    } finally {
      remove(lab);
    }
  }

  /** As {@link #run}, but the lab stays when the run is over; only its id is returned. */
  Kept runAndKeep(LabOptions options, MeasureOptions traffic, List<Fault> faults) {
    Lab lab = build(options);
    boolean done = false;
    try {
      RunReport report = measure(lab, new Scenario(lab, narrator, random), traffic, faults);
      lab.keep();
      done = true;
      return new Kept(lab, report);
    } finally {
      standing.remove(lab);
      if (!done) {
        lab.close();
      }
    }
  }

  record Kept(Lab lab, RunReport report) {}

  /**
   * Runs the faults again and again on one lab, giving back after each round what they took.
   *
   * @param listener gets the report of each round
   */
  public void soak(
      LabOptions options,
      MeasureOptions traffic,
      List<Fault> faults,
      long durationNanos,
      Consumer<RunReport> listener) {
    long until = System.nanoTime() + durationNanos;
    Lab lab = build(options);
    try {
      var scenario = new Scenario(lab, narrator, random);
      do {
        listener.accept(measure(lab, scenario, traffic, faults));
        scenario.heal();
      } while (System.nanoTime() - until < 0);
    } finally {
      remove(lab);
    }
  }

  /**
   * Different faults one after the other on one lab, giving back before each what the last took.
   */
  void rounds(
      LabOptions options,
      MeasureOptions traffic,
      List<List<Fault>> rounds,
      BiConsumer<List<Fault>, RunReport> listener) {
    Lab lab = build(options);
    try {
      var scenario = new Scenario(lab, narrator, random);
      boolean first = true;
      for (List<Fault> faults : rounds) {
        if (!first) {
          scenario.heal();
        }
        first = false;
        listener.accept(faults, measure(lab, scenario, traffic, faults));
      }
    } finally {
      remove(lab);
    }
  }

  /** A lab that has settled and carries no traffic, for somebody who looks at its software. */
  public void standing(LabOptions options, Consumer<Standing> look) {
    standing(options, _ -> {}, look);
  }

  /**
   * The same.
   *
   * @param prepare does to the machines what is to be there before the software starts
   */
  public void standing(LabOptions options, Consumer<Topology> prepare, Consumer<Standing> look) {
    Lab lab = build(options, prepare);
    try {
      Router active = lab.awaitSettled();
      var software = new LinkedHashMap<Router, RouterSoftware>();
      lab.topology().routers().forEach(router -> software.put(router, lab.software(router)));
      look.accept(new Standing(lab.topology(), active, software, lab.injector()));
    } finally {
      remove(lab);
    }
  }

  /**
   * What stands.
   *
   * @param active the router with the virtual addresses
   */
  public record Standing(
      Topology topology, Router active, Map<Router, RouterSoftware> software, Injector injector) {

    public Standing {
      software = Map.copyOf(software);
    }

    public RouterSoftware software(Router router) {
      return Objects.requireNonNull(software.get(router));
    }
  }

  private Lab build(LabOptions options) {
    return build(options, _ -> {});
  }

  private Lab build(LabOptions options, Consumer<Topology> prepare) {
    Lab lab = Lab.build(registry, options, prepare, narrator::step);
    standing.add(lab);
    narrator.built(lab.topology(), options.stack());
    return lab;
  }

  private RunReport measure(
      Lab lab, Scenario scenario, MeasureOptions traffic, List<Fault> faults) {
    scenario.prepare(faults);
    MeasureOptions all = traffic.withPortForwards(lab.portForwards()).withProgress(narrator::step);
    try (Measurement measurement = Measurement.start(lab.topology(), all)) {
      scenario.play(faults, measurement);
      return measurement.stop();
    } catch (LabException e) {
      throw e.saying(lab.logs());
    }
  }

  private void remove(Lab lab) {
    standing.remove(lab);
    lab.close();
  }

  private void interrupted() {
    narrator.interrupted();
    removeAll();
  }

  private void removeAll() {
    new ArrayList<>(standing).forEach(Lab::close);
  }

  @Override
  public void close() {
    removeAll();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // The program is ending already, and the hook runs.
    }
  }
}
