package dev.holdfast.lab;

import dev.holdfast.lab.kube.KubeCluster;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.stack.Stack;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Whether this machine can run a lab, and if not, the sentence that says what is missing. */
public final class Preflight {

  private Preflight() {}

  /**
   * @return empty when it can
   */
  public static Optional<String> missing(Stack stack, Path program) {
    if (!isRoot()) {
      return Optional.of("the lab makes network namespaces, so it needs root");
    }
    Map<String, String> packages = programs(stack);
    List<String> absent = packages.keySet().stream().filter(name -> find(name).isEmpty()).toList();
    if (!absent.isEmpty()) {
      var install = new TreeSet<String>();
      absent.forEach(name -> install.add(packages.getOrDefault(name, name)));
      return Optional.of(
          "missing: "
              + String.join(", ", absent)
              + " (on Debian and Ubuntu: apt-get install "
              + String.join(" ", install)
              + ")");
    }
    if (stack.needsHoldfast() && !Files.isExecutable(program)) {
      return Optional.of(
          "there is no program "
              + program
              + " to start the agents with; build it, or name it in HOLDFAST_PROGRAM");
    }
    if (stack.isKubernetes()) {
      Optional<String> images = KubeCluster.missing(LabOptions.project(program));
      if (images.isPresent()) {
        return images;
      }
    }
    return namespaces();
  }

  /** Program to package. */
  private static Map<String, String> programs(Stack stack) {
    var programs = new LinkedHashMap<String, String>();
    programs.put("ip", "iproute2");
    programs.put("tc", "iproute2");
    programs.put("mount", "mount");
    programs.put("ping", "iputils-ping");
    programs.put("conntrack", "conntrack");
    programs.put("iptables-restore", "iptables");
    programs.put("ip6tables-restore", "iptables");
    if (stack.isKubernetes()) {
      programs.put("containerd", "containerd");
      programs.put("runc", "runc");
      programs.put("socat", "socat");
      programs.put("openssl", "openssl");
      programs.put("python3", "python3");
      programs.put("gcc", "gcc");
    }
    if (stack.needsKeepalived()) {
      programs.put("keepalived", "keepalived");
      programs.put("conntrackd", "conntrackd");
    }
    return programs;
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid
          && uid == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static Optional<Path> find(String program) {
    var folders = new ArrayList<String>();
    String path = System.getenv("PATH");
    if (path != null) {
      folders.addAll(List.of(path.split(File.pathSeparator, -1)));
    }
    return folders.stream()
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** A container may be root and still not be allowed to. */
  private static Optional<String> namespaces() {
    var result = Programs.attempt("", List.of("unshare", "--net", "--mount", "true"));
    return result.status() == 0
        ? Optional.empty()
        : Optional.of(
            "this machine does not let us make network namespaces ("
                + result.output().strip()
                + "); a container needs --privileged for it");
  }
}
