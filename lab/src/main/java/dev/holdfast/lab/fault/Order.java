package dev.holdfast.lab.fault;

import dev.holdfast.lab.net.Namespace;
import java.util.List;

/**
 * What one tool is to do in one namespace.
 *
 * @param batch commands of the tool without its name, a line each
 */
record Order(Tool tool, Namespace namespace, String batch) {

  /** Both read a batch from standard input and carry out each line as it comes. */
  enum Tool {
    IP("ip"),
    TC("tc");

    private final String program;

    Tool(String program) {
      this.program = program;
    }

    List<String> command(Namespace namespace) {
      return List.of(program, "-n", namespace.name(), "-batch", "-");
    }
  }
}
