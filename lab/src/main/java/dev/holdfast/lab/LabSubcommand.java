package dev.holdfast.lab;

import dev.holdfast.agent.Subcommand;

/** Makes {@code holdfast lab} where the lab's jar is on the class path. */
public final class LabSubcommand implements Subcommand {

  @Override
  public Object command() {
    return new LabCommand();
  }
}
