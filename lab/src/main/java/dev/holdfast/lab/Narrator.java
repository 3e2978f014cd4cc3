package dev.holdfast.lab;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.Live;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.stack.Stack;

/** Hears what happens in a lab, while it happens. */
public interface Narrator {

  /** Something that takes a while. */
  void step(String sentence);

  /** The machines stand and their software has been started. */
  void built(Topology topology, Stack stack);

  /** The routers have settled. */
  void settled(Router active);

  /** All traffic flows. */
  void flows(Live live);

  /** It has just happened. */
  void fault(Fault fault, Router target);

  /** What a fault took comes back. */
  void healed(String sentence);

  /**
   * The time after a fault is over.
   *
   * @param settled false: not everything flows again
   */
  void after(Live live, boolean settled);

  /** The program ends before the lab is done; what follows interests nobody. */
  void interrupted();
}
