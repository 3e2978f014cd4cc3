package dev.holdfast.agent.linux;

/** Signals to processes that we started. */
public final class Signals {
  public static final int SIGHUP = 1;
  public static final int SIGINT = 2;
  public static final int SIGKILL = 9;
  public static final int SIGTERM = 15;
  public static final int SIGCONT = 18;
  public static final int SIGSTOP = 19;

  private Signals() {}

  /**
   * @param pid above 1; never a group or everybody
   * @return false when there is no such process any more
   */
  public static boolean send(long pid, int signal) {
    if (pid <= 1 || pid > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("no signal to process " + pid);
    }
    if (LibC.kill((int) pid, signal) == 0) {
      return true;
    }
    if (LibC.errno() == Errno.ESRCH) {
      return false;
    }
    throw new SyscallException("kill(" + pid + ", " + signal + ")", LibC.errno(), "");
  }
}
