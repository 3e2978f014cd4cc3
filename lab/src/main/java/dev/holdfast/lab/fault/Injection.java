package dev.holdfast.lab.fault;

/**
 * One fault, aimed and ready. Everything that takes time (starting tools, finding processes) is
 * done when this exists.
 */
public interface Injection {

  /**
   * Does it.
   *
   * @return {@link System#nanoTime} immediately before the first system call that did something
   */
  long fire();

  /**
   * Gives back what it took: the cable, the process, the power. Does nothing where nothing was
   * taken.
   *
   * @return {@link System#nanoTime} immediately before
   */
  long end();

  /** Releases what was prepared and not used. */
  default void discard() {}
}
