package dev.holdfast.lab.stack;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeConntrackd;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.Pause;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * keepalived, conntrackd and the article's iptables rules on one router. Each daemon has its lock,
 * socket, pid and log files in the router's own folder, so that the routers of a lab, and of two
 * labs, do not meet in {@code /var}.
 */
public final class KeepalivedSoftware implements RouterSoftware {

  private static final long CONNTRACKD_READY_MILLIS = 3_000;

  private static final Map<String, String> FORWARDING =
      Map.of("net/ipv4/ip_forward", "1", "net/ipv6/conf/all/forwarding", "1");

  private final Router router;
  private final GatewayNodeSpec node;
  private final Topology topology;
  private final SourceTranslation translation;
  private final Path folder;
  private @Nullable Process keepalived;
  private @Nullable Process conntrackd;

  /**
   * @param node this router's rendered configuration
   * @param folder the router's own; exists
   */
  public KeepalivedSoftware(
      Router router,
      GatewayNodeSpec node,
      Topology topology,
      SourceTranslation translation,
      Path folder) {
    this.router = router;
    this.node = node;
    this.topology = topology;
    this.translation = translation;
    this.folder = folder;
  }

  @Override
  public String name() {
    return "keepalived";
  }

  @Override
  public void start() {
    writeFiles();
    router.namespace().set(FORWARDING);
    restore("iptables-restore", Family.IPV4);
    restore("ip6tables-restore", Family.IPV6);
    startConntrackd();
    startKeepalived();
  }

  private void writeFiles() {
    try {
      NodeConntrackd said = node.flowSync().conntrackd();
      Files.writeString(
          folder.resolve("conntrackd.conf"),
          ConntrackdConfig.text(
              said == null ? ConntrackdConfig.ARTICLE : said, node.networks(), router, folder));
      Files.writeString(
          folder.resolve("keepalived.conf"),
          KeepalivedConfig.text(node, topology, script().toString()));
      Files.writeString(script(), scriptText());
      Files.setPosixFilePermissions(script(), PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException e) {
      throw new LabException("cannot write keepalived's files: " + e.getMessage(), e);
    }
  }

  private Path script() {
    return folder.resolve("role.sh");
  }

  /**
   * What conntrackd is told when the role changes. To the primary: commit what the peer sent, drop
   * both caches, read the kernel's table, send it to the peer. To the backup: forget the kernel's
   * entries after a while, ask the peer for everything; the daemon is started where it is dead.
   */
  private String scriptText() {
    return """
    #!/bin/sh
    say() { echo "$(date +%%s.%%N) $*" >>%1$s/role.log; }
    ct() { conntrackd -C %1$s/conntrackd.conf "$@" >>%1$s/role.log 2>&1; }
    alive() { ct -s; }
    say "$1"
    case $1 in
      primary) ct -c; say committed; ct -f; ct -R; ct -B ;;
      backup)
        alive || { rm -f %2$s; ct -d; }
        ct -t; ct -n ;;
      fault) ct -t ;;
    esac
    say "$1 done"
    """
        .formatted(folder, ConntrackdConfig.lockFile(folder));
  }

  /** The article's rules for this router, as {@code iptables-restore} reads them. */
  public String rules(Family family) {
    return ArticleRules.text(node, translation, family);
  }

  private void restore(String program, Family family) {
    Programs.feed(
        rules(family), List.of("ip", "netns", "exec", router.namespace().name(), program, "-w"));
  }

  private void startConntrackd() {
    conntrackd =
        router
            .namespace()
            .start(
                folder.resolve("conntrackd.out").toFile(),
                List.of("conntrackd", "-C", folder.resolve("conntrackd.conf").toString()));
    long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CONNTRACKD_READY_MILLIS);
    while (!Files.exists(ConntrackdConfig.socket(folder))) {
      if (!conntrackd.isAlive() || System.nanoTime() - limit > 0) {
        throw new LabException(
            "conntrackd does not run on " + router.node() + ": " + tail("conntrackd.out"));
      }
      Pause.millis(10);
    }
  }

  private void startKeepalived() {
    keepalived =
        router
            .namespace()
            .start(
                logFile().toFile(),
                List.of(
                    "keepalived",
                    "--dont-fork",
                    "--vrrp",
                    "--log-console",
                    "--log-detail",
                    "--no-syslog",
                    "--use-file=" + folder.resolve("keepalived.conf"),
                    "--pid=" + folder.resolve("keepalived.pid"),
                    "--vrrp_pid=" + folder.resolve("vrrp.pid")));
  }

  @Override
  public void restartSpeaker() {
    if (conntrackds().isEmpty()) {
      forgetRunFiles();
      startConntrackd();
    }
    if (speakers().isEmpty()) {
      startKeepalived();
    }
  }

  @Override
  public List<ProcessHandle> processes() {
    return Stream.concat(speakers().stream(), conntrackds().stream()).toList();
  }

  @Override
  public List<ProcessHandle> speakers() {
    return Processes.of(keepalived);
  }

  /** Ours, or the one that the role script started. */
  private List<ProcessHandle> conntrackds() {
    List<ProcessHandle> ours = Processes.of(conntrackd);
    if (!ours.isEmpty()) {
      return ours;
    }
    return router.namespace().processes().stream()
        .filter(p -> p.info().command().orElse("").endsWith("/conntrackd"))
        .toList();
  }

  @Override
  public void stop(long limitMillis) {
    Optional<ProcessHandle> parent = speakers().stream().findFirst();
    parent.ifPresent(ProcessHandle::destroy);
    if (!Processes.ended(speakers(), limitMillis)) {
      speakers().forEach(ProcessHandle::destroyForcibly);
    }
    Programs.attempt(
        "", List.of("conntrackd", "-C", folder.resolve("conntrackd.conf").toString(), "-k"));
    Processes.ended(conntrackds(), limitMillis);
    Processes.terminate(conntrackds(), limitMillis);
  }

  @Override
  public void powerLost() {
    forgetRunFiles();
  }

  private void forgetRunFiles() {
    try {
      for (String file : List.of("keepalived.pid", "vrrp.pid")) {
        Files.deleteIfExists(folder.resolve(file));
      }
      Files.deleteIfExists(ConntrackdConfig.lockFile(folder));
      Files.deleteIfExists(ConntrackdConfig.socket(folder));
    } catch (IOException e) {
      throw new LabException("cannot remove run files: " + e.getMessage(), e);
    }
  }

  private String tail(String file) {
    return Programs.attempt("", List.of("tail", "-n", "3", folder.resolve(file).toString()))
        .output()
        .strip();
  }

  @Override
  public Path logFile() {
    return folder.resolve("keepalived.log");
  }
}
