package dev.holdfast.lab.stack;

/** Writes a configuration file, line by line. */
final class ConfigText {

  private final StringBuilder text = new StringBuilder();

  /** One line, made of its parts as they are. */
  void line(Object... parts) {
    for (Object part : parts) {
      text.append(part);
    }
    text.append('\n');
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
