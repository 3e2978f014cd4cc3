package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes everything of ours off this machine: routes, addresses, virtual MACs, the policy, kernel
 * settings, notes. It goes by what is there, not by what an agent remembers; what is gone already
 * is no failure, so it may be done again until it has succeeded.
 *
 * <p>To be called while no agent runs here for this router. The flows that were written for peers
 * only the agent knows: {@link RunningAgent#closeForGood} takes them along.
 */
public final class Withdrawal {
  private static final Logger LOG = LoggerFactory.getLogger(Withdrawal.class);
  private static final long POLICY_MILLIS = 20_000;

  private interface Step {
    void take() throws IOException;
  }

  private final GatewayNodeSpec spec;
  private final Path runDir;
  private final Path stateDir;
  private final List<String> problems = new ArrayList<>();

  private Withdrawal(GatewayNodeSpec spec, Path runDir, Path stateDir) {
    this.spec = spec;
    this.runDir = runDir;
    this.stateDir = stateDir;
  }

  /**
   * @return what could not be taken away, a sentence each; empty when nothing is left
   */
  public static List<String> of(GatewayNodeSpec spec, Path runDir, Path stateDir) {
    return new Withdrawal(spec, runDir, stateDir).all();
  }

  private List<String> all() {
    step("routes, addresses and virtual MACs", this::addresses);
    step("the policy", this::policy);
    step("kernel settings", this::settings);
    if (problems.isEmpty()) {
      step("notes", this::notes);
    }
    return List.copyOf(problems);
  }

  private void step(String what, Step step) {
    try {
      step.take();
    } catch (IOException | SyscallException e) {
      problems.add(what + " could not be taken away: " + e.getMessage());
      LOG.warn("not withdrawn what=\"{}\" why=\"{}\"", what, e.getMessage());
    }
  }

  private void addresses() {
    try (Rtnetlink rtnetlink = Rtnetlink.open()) {
      new RouteWriter(rtnetlink).removeLeftovers();
      new AddressWriter(rtnetlink, 1).removeLeftovers(configured());
      VirtualMac.removeLeftovers(rtnetlink);
    }
  }

  private List<VirtualAddress> configured() {
    return spec.networks().stream()
        .flatMap(
            network ->
                network.virtualPrefixes().stream()
                    .map(
                        prefix ->
                            new VirtualAddress(
                                network.interfaceName(), network.interfaceName(), prefix)))
        .toList();
  }

  private void policy() throws IOException {
    try (FirewallKeeper keeper =
        new FirewallKeeper(stateDir, event -> LOG.debug("withdrawing the policy {}", event))) {
      if (!keeper.withdraw(POLICY_MILLIS)) {
        String problem = keeper.report().problem();
        throw new IOException(problem == null ? "iptables does not end" : problem);
      }
    }
  }

  private void settings() throws IOException {
    new KernelSettings(Sysctl.ofThisMachine(), new DiskStore(stateDir)).restore();
  }

  private void notes() throws IOException {
    DiskStore disk = new DiskStore(stateDir);
    disk.delete(AskedStore.FILE);
    disk.delete(FirewallStore.FILE);
    disk.delete(PeerStore.FILE);
    new KeptFlowsFile(stateDir).forget();
    Files.deleteIfExists(LastAdvert.file(runDir, spec.node()));
  }
}
