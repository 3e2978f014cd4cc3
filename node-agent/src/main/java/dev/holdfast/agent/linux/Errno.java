package dev.holdfast.agent.linux;

import java.util.Map;

/** The kernel's error numbers under their names. The same on x86-64 and arm64. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int E2BIG = 7;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int ENODEV = 19;
  public static final int EINVAL = 22;
  public static final int EMFILE = 24;
  public static final int ENOSPC = 28;
  public static final int ERANGE = 34;
  public static final int ENOTSOCK = 88;
  public static final int EMSGSIZE = 90;
  public static final int ENOPROTOOPT = 92;
  public static final int EPROTONOSUPPORT = 93;
  public static final int EOPNOTSUPP = 95;
  public static final int EAFNOSUPPORT = 97;
  public static final int EADDRINUSE = 98;
  public static final int EADDRNOTAVAIL = 99;
  public static final int ENETDOWN = 100;
  public static final int ENETUNREACH = 101;
  public static final int ENOBUFS = 105;
  public static final int ETIMEDOUT = 110;
  public static final int ECONNREFUSED = 111;
  public static final int EHOSTUNREACH = 113;
  public static final int ESTALE = 116;

  private static final Map<Integer, String> TEXT =
      Map.ofEntries(
          Map.entry(EPERM, "EPERM, not permitted"),
          Map.entry(ENOENT, "ENOENT, no such thing"),
          Map.entry(ESRCH, "ESRCH, no such process or route"),
          Map.entry(EINTR, "EINTR, interrupted"),
          Map.entry(EIO, "EIO, input or output failed"),
          Map.entry(ENXIO, "ENXIO, no such device or address"),
          Map.entry(E2BIG, "E2BIG, too long"),
          Map.entry(EBADF, "EBADF, closed"),
          Map.entry(EAGAIN, "EAGAIN, try again"),
          Map.entry(ENOMEM, "ENOMEM, out of memory or table full"),
          Map.entry(EACCES, "EACCES, access denied"),
          Map.entry(EBUSY, "EBUSY, busy"),
          Map.entry(EEXIST, "EEXIST, exists already"),
          Map.entry(ENODEV, "ENODEV, no such interface"),
          Map.entry(EINVAL, "EINVAL, invalid"),
          Map.entry(EMFILE, "EMFILE, too many open files"),
          Map.entry(ENOSPC, "ENOSPC, no space left"),
          Map.entry(ERANGE, "ERANGE, out of range"),
          Map.entry(ENOTSOCK, "ENOTSOCK, not a socket"),
          Map.entry(EMSGSIZE, "EMSGSIZE, too long for one message"),
          Map.entry(ENOPROTOOPT, "ENOPROTOOPT, no such option"),
          Map.entry(EPROTONOSUPPORT, "EPROTONOSUPPORT, protocol not supported"),
          Map.entry(EOPNOTSUPP, "EOPNOTSUPP, not supported"),
          Map.entry(EAFNOSUPPORT, "EAFNOSUPPORT, address family not supported"),
          Map.entry(EADDRINUSE, "EADDRINUSE, address in use"),
          Map.entry(EADDRNOTAVAIL, "EADDRNOTAVAIL, no such address here"),
          Map.entry(ENETDOWN, "ENETDOWN, interface is down"),
          Map.entry(ENETUNREACH, "ENETUNREACH, no route"),
          Map.entry(ENOBUFS, "ENOBUFS, buffer full"),
          Map.entry(ETIMEDOUT, "ETIMEDOUT, no answer in time"),
          Map.entry(ECONNREFUSED, "ECONNREFUSED, refused"),
          Map.entry(EHOSTUNREACH, "EHOSTUNREACH, host not reachable"),
          Map.entry(ESTALE, "ESTALE, changed meanwhile"));

  private Errno() {}

  /** Errors that the kernel tells once about an interface or a path; the socket goes on. */
  static boolean isPassing(int errno) {
    return switch (errno) {
      case EINTR, ENETDOWN, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED -> true;
      default -> false;
    };
  }

  /** Name and meaning, or the bare number where we have no name. */
  public static String describe(int errno) {
    return TEXT.getOrDefault(errno, "errno " + errno);
  }
}
