package dev.holdfast.agent.linux;

import com.sun.jna.Native;

/**
 * The C library, mapped directly. Pointers are plain addresses of memory that a {@link Block}
 * keeps; sizes are 64 bits. A result below zero means that {@link #errno()} says why, on the same
 * thread, before the next call.
 */
final class LibC {
  static {
    if (Native.POINTER_SIZE != 8) {
      throw new IllegalStateException("holdfast needs a 64-bit Linux");
    }
    Native.register(LibC.class, "c");
  }

  private LibC() {}

  /** The errno of this thread's last native call. */
  static int errno() {
    return Native.getLastError();
  }

  static native int socket(int domain, int type, int protocol);

  static native int close(int fd);

  static native int bind(int fd, long address, int length);

  static native int connect(int fd, long address, int length);

  static native int getsockname(int fd, long address, long lengthAddress);

  static native int setsockopt(int fd, int level, int name, long value, int length);

  static native int getsockopt(int fd, int level, int name, long value, long lengthAddress);

  static native long sendto(
      int fd, long bytes, long length, int flags, long address, int addressLength);

  static native long sendmsg(int fd, long header, int flags);

  static native long recvmsg(int fd, long header, int flags);

  static native int recvmmsg(int fd, long headers, int count, int flags, long timeout);

  static native int ppoll(long descriptors, long count, long timeout, long signalMask);

  static native int eventfd(int initial, int flags);

  static native long read(int fd, long bytes, long length);

  static native long write(int fd, long bytes, long length);

  /** Only for calls without a mode: it is a variadic function in C. */
  static native int open(String path, int flags);

  static native int setns(int fd, int type);

  static native int if_nametoindex(String name);

  static native int clock_gettime(int clock, long timespec);

  static native int sched_setscheduler(int pid, int policy, long parameters);

  static native int sched_getscheduler(int pid);

  static native int setpriority(int which, int who, int nice);

  static native int getpriority(int which, int who);

  static native int mlockall(int flags);

  static native int kill(int pid, int signal);
}
