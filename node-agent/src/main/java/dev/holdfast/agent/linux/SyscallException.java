package dev.holdfast.agent.linux;

/** The kernel refused a call. The message is a sentence for the log: call, errno, hint. */
public final class SyscallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int errno;

  /**
   * @param call the call as a person would write it, with the arguments that matter
   * @param errno positive, as in {@link Errno}
   * @param hint what to look at, or the kernel's own words; may be empty
   */
  public SyscallException(String call, int errno, String hint) {
    super(call + ": " + Errno.describe(errno) + (hint.isEmpty() ? "" : " (" + hint + ")"));
    this.call = call;
    this.errno = errno;
  }

  public String call() {
    return call;
  }

  public int errno() {
    return errno;
  }
}
