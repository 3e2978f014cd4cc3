package dev.holdfast.agent.shell;

import java.lang.reflect.Proxy;

/**
 * SIGTERM and SIGINT ask the agent to stop, SIGHUP to read its configuration again. Without this
 * the virtual machine would end by itself, with exit code 143 and the role not given up.
 *
 * <p>By reflection, since {@code sun.misc.Signal} is Java's only way to answer a signal and the
 * compiler warns of each use without a way to allow it.
 */
public final class ProcessSignals {

  private ProcessSignals() {}

  /** From now on the signals run these; on a thread of the virtual machine, one at a time. */
  public static void handle(Runnable stop, Runnable reload) {
    handle("TERM", stop);
    handle("INT", stop);
    handle("HUP", reload);
  }

  private static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object answer =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  action.run();
                  return null;
                }
                return method.invoke(action, arguments);
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), answer);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java does not let us answer SIG" + name, e);
    }
  }
}
