package dev.holdfast.lab.bench;

import dev.holdfast.lab.Narrator;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.Live;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.stack.Stack;

/** Tells nothing: a bench says itself where it is, and a hundred labs would drown that. */
final class Quiet implements Narrator {

  @Override
  public void step(String sentence) {}

  @Override
  public void built(Topology topology, Stack stack) {}

  @Override
  public void settled(Router active) {}

  @Override
  public void flows(Live live) {}

  @Override
  public void fault(Fault fault, Router target) {}

  @Override
  public void healed(String sentence) {}

  @Override
  public void after(Live live, boolean settled) {}

  @Override
  public void interrupted() {}
}
