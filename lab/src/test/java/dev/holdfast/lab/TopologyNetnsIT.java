package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.Blueprint;
import dev.holdfast.lab.net.Host;
import dev.holdfast.lab.net.Machine;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.PodNetwork;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.TopologyBuilder;
import dev.holdfast.lab.net.TopologyPlanner;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The lab's machines in network namespaces")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TopologyNetnsIT {

  @TempDir Path folder;
  private LabRegistry registry;
  private final List<Process> started = new ArrayList<>();

  @BeforeEach
  void openRegistry() {
    registry = new LabRegistry(folder.resolve("registry"));
  }

  @AfterEach
  void removeEverything() {
    started.forEach(Process::destroyForcibly);
    registry.entries().forEach(registry::remove);
  }

  @Test
  void everyMachineReachesItsNeighbours() {
    Blueprint blueprint = build("dual-stack");
    Host lanHost = blueprint.topology().lanHost();
    for (Router router : blueprint.topology().routers()) {
      Attachment lan = router.attachment("lan").orElseThrow();
      for (Family family : Family.values()) {
        ping(lanHost.namespace(), lan.address(family).orElseThrow().toString());
      }
      ping(router.namespace(), "10.0.0.1");
      ping(router.namespace(), "198.51.100.1");
    }
    ping(blueprint.topology().router("router-a").namespace(), "10.10.1.2");
  }

  @Test
  void podsReachTheLanAndTheInternetByTheirRouterAndAreReachedByIt() {
    Blueprint blueprint = build("article");
    for (Router router : blueprint.topology().routers()) {
      router.namespace().run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
    }
    Host lanHost = blueprint.topology().lanHost();
    for (PodNetwork pod : blueprint.topology().pods()) {
      ping(pod.namespace(), "192.168.0.100");
      ping(pod.namespace(), "198.51.100.10");
      ping(lanHost.namespace(), pod.pod().toString());
    }
  }

  @Test
  void whatEndingProgramsStillStartEndsWithThem() {
    Namespace router = build("article").topology().router("router-a").namespace();
    for (int i = 0; i < 10; i++) {
      started.add(
          router.start(
              folder.resolve("out").toFile(),
              List.of("sh", "-c", "i=0; while [ $i -lt 40 ]; do sleep 300 & i=$((i+1)); done")));
    }

    router.killProcesses();

    assertThat(Programs.run("ip", "netns", "pids", router.name())).isBlank();
  }

  @Test
  void aHostBehindTheLanReachesTheRoutersByItsInnerRouter() {
    Blueprint blueprint = build("dual-stack");
    Host routed = blueprint.topology().routedHosts().getFirst();
    for (Router router : blueprint.topology().routers()) {
      Attachment lan = router.attachment("lan").orElseThrow();
      for (Family family : Family.values()) {
        ping(routed.namespace(), lan.address(family).orElseThrow().toString());
      }
    }
  }

  @Test
  void aRemovedLabLeavesNothing() {
    Blueprint blueprint = build("article");
    List<Namespace> all = new ArrayList<>();
    blueprint.machines().stream().map(Machine::namespace).forEach(all::add);
    blueprint.switches().forEach(one -> all.add(one.namespace()));
    assertThat(all).allMatch(namespace -> Files.exists(namespace.path()));

    registry.remove(registry.entries().getFirst());

    assertThat(all).noneMatch(namespace -> Files.exists(namespace.path()));
    assertThat(registry.entries()).isEmpty();
  }

  @Test
  void whatACrashedLabLeftIsRemovedByTheNextAndALivingOneStays() throws Exception {
    Blueprint crashed = build("article");
    LabRegistry.Entry entry = registry.entries().getFirst();
    Namespace namespace = crashed.topology().lanHost().namespace();
    Process left = namespace.start(new File("/dev/null"), List.of("sleep", "300"));
    started.add(left);
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    Files.writeString(entry.folder().resolve("owner"), gone.pid() + " 12345");
    Blueprint living = build("article");

    List<String> removed = registry.removeAbandoned();

    assertThat(removed).containsExactly(entry.id());
    assertThat(Files.exists(namespace.path())).isFalse();
    assertThat(left.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.exists(living.topology().lanHost().namespace().path())).isTrue();
  }

  @Test
  void aProcessThatGotTheNumberOfADeadOwnerDoesNotProtectALab() throws Exception {
    build("article");
    LabRegistry.Entry entry = registry.entries().getFirst();
    Files.writeString(entry.folder().resolve("owner"), ProcessHandle.current().pid() + " 12345");

    assertThat(registry.abandoned()).containsExactly(entry);
  }

  @Test
  void anOwnerThatEndedAndWasNotCollectedDoesNotProtectALab() throws Exception {
    build("article");
    LabRegistry.Entry entry = registry.entries().getFirst();
    // The shell ends its child, says who it was, and becomes a program that collects nobody.
    Process parent =
        new ProcessBuilder("sh", "-c", "sleep 0 & echo $!; exec sleep 60")
            .redirectErrorStream(true)
            .start();
    started.add(parent);
    String pid;
    try (var lines = parent.inputReader()) {
      pid = lines.readLine();
    }
    Path stat = Path.of("/proc", pid, "stat");
    assertThat(Lab.await(5_000, () -> state(stat).equals("Z"))).isTrue();
    String[] words = Files.readString(stat).replaceAll(".*\\) ", "").split(" ", -1);
    Files.writeString(entry.folder().resolve("owner"), pid + " " + words[19]);

    assertThat(registry.abandoned()).containsExactly(entry);
  }

  private static String state(Path stat) {
    try {
      return Files.readString(stat).replaceAll(".*\\) ", "").substring(0, 1);
    } catch (IOException e) {
      return "gone";
    }
  }

  @Test
  void aKeptLabIsNobodysToRemove() {
    build("article");
    LabRegistry.Entry entry = registry.entries().getFirst();

    registry.keep(entry);

    assertThat(registry.removeAbandoned()).isEmpty();
    assertThat(registry.entries()).containsExactly(entry);
  }

  @Test
  void aRouterThatLostItsPowerComesBackWithAnEmptyKernelAndTheSameInterfaces() {
    Blueprint blueprint = build("article");
    Router router = blueprint.topology().router("router-a");
    var told = new ArrayList<Router>();
    blueprint.topology().onRebuilt(told::add);
    router.namespace().run("ip", "addr", "add", "192.168.0.3/32", "dev", "eth1");
    router.namespace().run("ip", "link", "add", "leftover", "link", "eth1", "type", "macvlan");
    router.namespace().run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1");

    new TopologyBuilder(blueprint).rebuild(router);

    assertThat(told).containsExactly(router);
    String links = router.namespace().run("ip", "-o", "link");
    for (Attachment attachment : router.attachments()) {
      assertThat(links).contains(attachment.interfaceName(), attachment.mac().toString());
    }
    assertThat(links).doesNotContain("leftover");
    assertThat(router.namespace().run("ip", "-o", "addr"))
        .contains("192.168.0.1/24")
        .doesNotContain("192.168.0.3");
    assertThat(router.namespace().run("sysctl", "-n", "net.ipv4.ip_forward").strip())
        .isEqualTo("0");
    ping(router.namespace(), "10.0.0.1");
    ping(router.namespace(), blueprint.topology().pod(router).pod().toString());
  }

  @Test
  void bothEndsOfACableHaveDifferentIndexes() {
    Blueprint blueprint = build("article");
    for (Machine machine : blueprint.machines()) {
      String links = machine.namespace().run("ip", "-o", "link");
      assertThat(links.lines().filter(line -> line.contains("@if")).toList())
          .isNotEmpty()
          .allSatisfy(
              line -> {
                String own = line.substring(0, line.indexOf(':'));
                String other = line.replaceAll(".*@if([0-9]+):.*", "$1");
                assertThat(other).isNotEqualTo(own);
              });
    }
  }

  private Blueprint build(String example) {
    LabRegistry.Entry entry = registry.register();
    Blueprint blueprint =
        TopologyPlanner.plan(
            entry.prefix(),
            ClusterFile.read(Path.of("../docs/examples/" + example + ".yaml")).nodes(),
            true);
    new TopologyBuilder(blueprint).build();
    return blueprint;
  }

  private static void ping(Namespace from, String target) {
    Programs.Result result =
        Programs.attempt(
            "",
            List.of(
                "ip", "netns", "exec", from.name(), "ping", "-n", "-c", "2", "-W", "1", target));
    assertThat(result.status()).as("%s to %s: %s", from, target, result.output()).isZero();
  }
}
