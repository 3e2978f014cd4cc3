package dev.holdfast.api.v1alpha1;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One port or a range of them, as rules write it: {@code 53} or {@code 8000-8010}.
 *
 * @param first 1 to 65535
 * @param last not below {@code first}; the same for a single port
 */
public record PortRange(int first, int last) {

  private static final Pattern FORM = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");

  public PortRange {
    if (first < 1 || last > 65535 || first > last) {
      throw new IllegalArgumentException(
          "ports " + first + " to " + last + " are no range within 1 to 65535");
    }
  }

  /**
   * @throws IllegalArgumentException with a sentence that names the text
   */
  public static PortRange parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is no port: write a number from 1 to 65535 or a range like 8000-8010");
    }
    int first = Integer.parseInt(matcher.group(1));
    String last = matcher.group(2);
    return new PortRange(first, last == null ? first : Integer.parseInt(last));
  }

  public boolean isSingle() {
    return first == last;
  }

  public boolean overlaps(PortRange other) {
    return first <= other.last && other.first <= last;
  }

  @Override
  public String toString() {
    return isSingle() ? Integer.toString(first) : first + "-" + last;
  }
}
