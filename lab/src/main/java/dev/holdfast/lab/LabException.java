package dev.holdfast.lab;

/** The machine refused what the lab asked for; the message is a sentence for the person. */
public final class LabException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public LabException(String sentence) {
    super(sentence);
  }

  public LabException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
