package dev.holdfast.agent.firewall.core;

/** Words of a restore file. */
final class Words {

  private Words() {}

  /**
   * A word that iptables-restore reads as one, whatever is in it: quoted when it has to be, the way
   * iptables-save does. A control character would end the line, so it becomes a space.
   */
  static String quoted(String word) {
    StringBuilder text = new StringBuilder(word.length() + 2);
    boolean plain = !word.isEmpty();
    for (int i = 0; i < word.length(); i++) {
      char c = Character.isISOControl(word.charAt(i)) ? ' ' : word.charAt(i);
      plain &= isPlain(c);
      if (c == '"' || c == '\\' || c == '\'') {
        text.append('\\');
      }
      text.append(c);
    }
    return plain ? text.toString() : "\"" + text + "\"";
  }

  private static boolean isPlain(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || "-_.:/+@".indexOf(c) >= 0;
  }
}
