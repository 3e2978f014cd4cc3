package dev.holdfast.lab.net;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import dev.holdfast.lab.LabException;

/** Moves the calling platform thread into a network namespace, for good. */
final class Setns {

  private static final int O_RDONLY = 0;
  private static final int O_CLOEXEC = 0x80000;
  private static final int CLONE_NEWNET = 0x40000000;

  static {
    Native.register(Setns.class, "c");
  }

  private Setns() {}

  private static native int open(String path, int flags) throws LastErrorException;

  private static native int setns(int fd, int type) throws LastErrorException;

  private static native int close(int fd) throws LastErrorException;

  /**
   * @param path of a namespace file, like {@code /run/netns/NAME}
   */
  static void enter(String path) {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread would leave its carrier in the namespace");
    }
    try {
      int fd = open(path, O_RDONLY | O_CLOEXEC);
      try {
        setns(fd, CLONE_NEWNET);
      } finally {
        close(fd);
      }
    } catch (LastErrorException e) {
      throw new LabException(
          "cannot enter the network namespace " + path + ": errno " + e.getErrorCode(), e);
    }
  }
}
