package dev.holdfast.lab;

import org.jspecify.annotations.Nullable;

/**
 * The machine or the routers refused what the lab asked for; the message is a sentence for the
 * person.
 */
public final class LabException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean machine;

  public LabException(String sentence) {
    super(sentence);
    machine = false;
  }

  public LabException(String sentence, Throwable cause) {
    this(sentence, cause, false);
  }

  private LabException(String sentence, @Nullable Throwable cause, boolean machine) {
    super(sentence, cause);
    this.machine = machine;
  }

  /** A limit of this machine, or something that is missing on it: it says nothing of routers. */
  public static LabException ofMachine(String sentence, Throwable cause) {
    return new LabException(sentence, cause, true);
  }

  /** The same, where nothing was thrown before. */
  public static LabException ofMachine(String sentence) {
    return new LabException(sentence, null, true);
  }

  /** The same with more words. */
  LabException saying(String more) {
    return new LabException(getMessage() + more, this, machine);
  }

  /** True when this machine could not do it, whatever the routers are like. */
  public boolean isOfMachine() {
    return machine;
  }
}
