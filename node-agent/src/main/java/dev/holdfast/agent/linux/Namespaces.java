package dev.holdfast.agent.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Network namespaces by their names in {@code /run/netns}. A namespace belongs to a thread: sockets
 * it opens and files it reads under {@code /proc/sys/net} are those of the namespace, and threads
 * it starts begin there. ({@code /proc/net} is the process's; read {@code /proc/thread-self/net}.)
 *
 * <p>Never on a virtual thread: its carrier would stay in the namespace and take other virtual
 * threads along.
 */
public final class Namespaces {
  private static final Path DIRECTORY = Path.of("/run/netns");
  private static final int COOKIE_BYTES = 8;

  private Namespaces() {}

  public static boolean exists(String name) {
    return Files.exists(DIRECTORY.resolve(name));
  }

  /** Moves the calling platform thread into the namespace, for the rest of its life. */
  public static void enter(String name) {
    enter(DIRECTORY.resolve(name));
  }

  /** The same by any path that stands for a namespace, like {@code /proc/123/ns/net}. */
  public static void enter(Path path) {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread must not enter a network namespace");
    }
    int fd = LibC.open(path.toString(), Abi.O_RDONLY | Abi.O_CLOEXEC);
    if (fd < 0) {
      throw new SyscallException("open(" + path + ")", LibC.errno(), "");
    }
    try {
      if (LibC.setns(fd, Abi.CLONE_NEWNET) < 0) {
        throw new SyscallException(
            "setns(" + path + ")", LibC.errno(), "does the process have CAP_SYS_ADMIN?");
      }
    } finally {
      LibC.close(fd);
    }
  }

  /**
   * A number of the calling thread's namespace that no other has, or had, since the kernel booted;
   * 0 from a kernel before 5.14, which gives none.
   */
  public static long cookie() {
    int fd = LibC.socket(Abi.AF_INET, Abi.SOCK_DGRAM | Abi.SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw new SyscallException("socket(AF_INET, SOCK_DGRAM)", LibC.errno(), "");
    }
    try {
      Block value = new Block(COOKIE_BYTES + Integer.BYTES);
      value.bytes.putInt(COOKIE_BYTES, COOKIE_BYTES);
      long length = value.address + COOKIE_BYTES;
      if (LibC.getsockopt(fd, Abi.SOL_SOCKET, Abi.SO_NETNS_COOKIE, value.address, length) < 0) {
        if (LibC.errno() == Errno.ENOPROTOOPT) {
          return 0;
        }
        throw new SyscallException("getsockopt(SO_NETNS_COOKIE)", LibC.errno(), "");
      }
      return value.bytes.getLong(0);
    } finally {
      LibC.close(fd);
    }
  }

  /**
   * Runs something on a thread of its own inside the namespace, and waits for it. Whatever it opens
   * stays in that namespace. What it throws is thrown here, as it is when unchecked.
   */
  public static <T> T call(String name, Callable<T> body) throws InterruptedException {
    var task =
        new FutureTask<>(
            () -> {
              enter(name);
              return body.call();
            });
    Thread.ofPlatform().daemon().name("netns-" + name).start(task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException("in namespace " + name + ": " + cause, cause);
    }
  }

  /** As {@link #call} without a result. */
  public static void run(String name, Runnable body) throws InterruptedException {
    Namespaces.<Boolean>call(
        name,
        () -> {
          body.run();
          return true;
        });
  }

  /** Makes daemon threads that live inside the namespace: {@code THREADNAME-1}, -2, ... */
  public static ThreadFactory threads(String name, String threadName) {
    var count = new AtomicInteger();
    return body ->
        Thread.ofPlatform()
            .daemon()
            .name(threadName + "-" + count.incrementAndGet())
            .unstarted(
                () -> {
                  enter(name);
                  body.run();
                });
  }
}
