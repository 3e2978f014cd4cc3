package dev.holdfast.agent;

/**
 * A further command of the program, found with {@link java.util.ServiceLoader}: the lab adds {@code
 * lab} and {@code bench} that way when its jar is on the class path, so that the agent's
 * installation stays without them.
 */
public interface Subcommand {

  /** A new object with picocli's {@code @Command} annotation. */
  Object command();
}
