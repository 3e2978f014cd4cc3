package dev.holdfast.api.kube;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * What kube-apiserver and etcd print while they start, the last lines of it. Their library logs it
 * at a level that nobody reads, and it is wanted once, when they do not start.
 */
final class ProgramOutput extends Handler implements AutoCloseable {

  private static final int LINES = 40;

  // Held here: the log manager holds its loggers weakly, and would forget the level.
  private final Logger logger = Logger.getLogger("io.fabric8.kubeapitest");
  private final SimpleFormatter formatter = new SimpleFormatter();
  private final Deque<String> lines = new ArrayDeque<>();

  private ProgramOutput() {}

  static ProgramOutput follow() {
    ProgramOutput output = new ProgramOutput();
    output.logger.setLevel(Level.FINE);
    output.logger.addHandler(output);
    return output;
  }

  synchronized String last() {
    return String.join("\n", lines);
  }

  @Override
  public synchronized void publish(LogRecord said) {
    if (!said.getLoggerName().endsWith("ProcessLogs")) {
      return;
    }
    if (lines.size() == LINES) {
      lines.removeFirst();
    }
    lines.add(formatter.formatMessage(said));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setLevel(null);
  }
}
