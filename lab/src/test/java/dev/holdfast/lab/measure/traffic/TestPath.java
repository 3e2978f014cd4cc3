package dev.holdfast.lab.measure.traffic;

import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.Host;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Two hosts and a forwarder between them, each a namespace. The forwarder can stop forwarding, with
 * one write, for a time that is then known exactly.
 */
final class TestPath implements AutoCloseable {

  private final String prefix = "hfgen-" + ProcessHandle.current().pid() + "-";
  private final Namespace left = new Namespace(prefix + "left");
  private final Namespace middle = new Namespace(prefix + "middle");
  private final Namespace right = new Namespace(prefix + "right");

  TestPath() {
    try {
      for (Namespace namespace : List.of(left, middle, right)) {
        Programs.run("ip", "netns", "add", namespace.name());
        namespace.run("ip", "link", "set", "lo", "up");
      }
      cable(left, "ml", "10.91.0.1/24", "10.91.0.254/24", "fd91::1/64", "fd91::fe/64");
      cable(right, "mr", "10.92.0.1/24", "10.92.0.254/24", "fd92::1/64", "fd92::fe/64");
      forwarding(true);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void cable(
      Namespace host, String port, String own4, String far4, String own6, String far6) {
    host.run(
        "ip", "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", middle.name());
    host.run("ip", "addr", "add", own4, "dev", "eth0");
    host.run("ip", "addr", "add", own6, "dev", "eth0", "nodad");
    host.run("ip", "link", "set", "eth0", "up");
    middle.run("ip", "addr", "add", far4, "dev", port);
    middle.run("ip", "addr", "add", far6, "dev", port, "nodad");
    middle.run("ip", "link", "set", port, "up");
    host.run("ip", "route", "add", "default", "via", far4.substring(0, far4.indexOf('/')));
    host.run("ip", "-6", "route", "add", "default", "via", far6.substring(0, far6.indexOf('/')));
  }

  Host leftHost() {
    return host("left", left, "10.91.0.1/24", "fd91::1/64");
  }

  Host rightHost() {
    return host("right", right, "10.92.0.1/24", "fd92::1/64");
  }

  private static Host host(String name, Namespace namespace, String four, String six) {
    return new Host(
        name,
        namespace,
        new Attachment(
            "net", "eth0", "port", mac(namespace), List.of(Prefix.parse(four), Prefix.parse(six))));
  }

  private static MacAddress mac(Namespace namespace) {
    String text = namespace.run("ip", "link", "show", "eth0");
    return MacAddress.parse(text.replaceAll("(?s).*link/ether ([0-9a-f:]{17}).*", "$1"));
  }

  void forwarding(boolean on) {
    middle.call(
        () -> {
          write(on ? "1" : "0");
          return null;
        });
  }

  private static void write(String value) throws IOException {
    Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), value);
    Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/forwarding"), value);
  }

  /** Forwards nothing for a while and returns how long it really was, in nanoseconds. */
  long cutMillis(long millis) {
    return middle.call(
        () -> {
          long from = System.nanoTime();
          write("0");
          Thread.sleep(millis);
          write("1");
          return System.nanoTime() - from;
        });
  }

  Namespace middle() {
    return middle;
  }

  @Override
  public void close() {
    for (Namespace namespace : List.of(left, middle, right)) {
      Programs.attempt("", List.of("ip", "netns", "del", namespace.name()));
    }
  }
}
