package dev.holdfast.lab.bench;

import dev.holdfast.agent.Subcommand;

/** Makes {@code holdfast bench} where the lab's jar is on the class path. */
public final class BenchSubcommand implements Subcommand {

  @Override
  public Object command() {
    return new BenchCommand();
  }
}
