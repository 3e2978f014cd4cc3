package dev.holdfast.lab.bench;

/**
 * The article's rules with more of them, and a file of {@code iptables-restore} as what many write
 * instead of it: a script that flushes and calls {@code iptables} for each rule.
 */
final class FirewallScript {

  private static final String FILTER_ENDS = "COMMIT\n";

  private FirewallScript() {}

  /** With more rules at the end of {@code filter}, the last table of the file. */
  static String with(String file, String rules) {
    int end = file.lastIndexOf(FILTER_ENDS);
    return file.substring(0, end) + rules + file.substring(end);
  }

  /** The same rules, a call of the program each. */
  static String lines(String file, String program) {
    var script = new StringBuilder();
    String table = "";
    for (String line : file.lines().toList()) {
      String call = program + " -w -t " + table;
      if (line.startsWith("*")) {
        table = line.substring(1);
        script.append(program).append(" -w -t ").append(table).append(" -F\n");
        script.append(program).append(" -w -t ").append(table).append(" -X\n");
      } else if (line.startsWith(":")) {
        String[] chain = line.substring(1).split(" ", -1);
        script.append(call);
        script.append(
            chain[1].equals("-") ? " -N " + chain[0] : " -P " + chain[0] + " " + chain[1]);
        script.append('\n');
      } else if (line.startsWith("-A")) {
        script.append(call).append(' ').append(line).append('\n');
      }
    }
    return script.toString();
  }
}
