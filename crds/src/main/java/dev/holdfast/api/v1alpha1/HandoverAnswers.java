package dev.holdfast.api.v1alpha1;

/**
 * The message of the condition {@code Handover} begins with the value that was asked for, so that
 * whoever asked can tell the answer from an older one.
 */
public final class HandoverAnswers {

  private HandoverAnswers() {}

  /**
   * @param asked the value of the annotation {@code holdfast.dev/handover-to}
   */
  public static boolean isAbout(String message, String asked) {
    return message.startsWith(asked + " ") || message.startsWith(asked + ":");
  }
}
