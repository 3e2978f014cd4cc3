package dev.holdfast.lab;

import picocli.CommandLine;

/** The lab without the agent's program around it. */
public final class LabMain {

  private LabMain() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new LabCommand()).execute(arguments));
  }
}
