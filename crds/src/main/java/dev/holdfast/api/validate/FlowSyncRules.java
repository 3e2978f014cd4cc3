package dev.holdfast.api.validate;

import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.render.Defaults;
import dev.holdfast.api.v1alpha1.ConntrackdMode;
import dev.holdfast.api.v1alpha1.ConntrackdSpec;
import dev.holdfast.api.v1alpha1.ConntrackdTransport;
import dev.holdfast.api.v1alpha1.FlowSyncProtocol;
import dev.holdfast.api.v1alpha1.FlowSyncSpec;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code spec.flowSync}. */
final class FlowSyncRules {

  private static final String CONNTRACKD = "spec.flowSync.conntrackd";

  private FlowSyncRules() {}

  static void check(GatewayClusterSpec spec, Findings findings) {
    FlowSyncSpec flowSync = spec.flowSync();
    if (flowSync == null) {
      return;
    }
    if (flowSync.port() != null) {
      findings.range("spec.flowSync.port", flowSync.port(), 1, 65535);
    }
    boolean conntrackd = Defaults.flowSyncProtocol(spec) == FlowSyncProtocol.CONNTRACKD;
    if (flowSync.conntrackd() != null) {
      if (!conntrackd) {
        findings.add(CONNTRACKD, "counts with protocol: Conntrackd only; write that, or remove it");
      }
      checkConntrackd(flowSync.conntrackd(), findings);
    }
    if (conntrackd) {
      checkTwoRouters(spec, flowSync.conntrackd(), findings);
    }
    findings.networks("spec.flowSync.ignore", flowSync.ignore(), 64);
  }

  private static void checkTwoRouters(
      GatewayClusterSpec spec, @Nullable ConntrackdSpec conntrackd, Findings findings) {
    ConntrackdMode mode =
        conntrackd == null
            ? Defaults.CONNTRACKD_MODE
            : Objects.requireNonNullElse(conntrackd.mode(), Defaults.CONNTRACKD_MODE);
    if (mode == ConntrackdMode.FTFW && spec.routers().size() > 2) {
      findings.add(
          "spec.flowSync.protocol",
          "is Conntrackd, whose FTFW links two routers, not "
              + spec.routers().size()
              + "; write Holdfast, or conntrackd.mode: NOTRACK");
    }
  }

  private static void checkConntrackd(ConntrackdSpec conntrackd, Findings findings) {
    if (conntrackd.port() != null) {
      findings.range(CONNTRACKD + ".port", conntrackd.port(), 1, 65535);
    }
    if (conntrackd.group() != null) {
      checkGroup(conntrackd.group(), findings);
    }
    boolean unicast = conntrackd.transport() == ConntrackdTransport.UNICAST;
    if (unicast && conntrackd.peers().isEmpty()) {
      findings.add(
          CONNTRACKD + ".peers",
          "is missing; with transport: Unicast write the routers' addresses on the Sync network");
    }
    if (!unicast && !conntrackd.peers().isEmpty()) {
      findings.add(
          CONNTRACKD + ".peers", "count with transport: Unicast only; write that, or remove them");
    }
    findings.atMost(CONNTRACKD + ".peers", conntrackd.peers(), 8);
    for (int i = 0; i < conntrackd.peers().size(); i++) {
      findings.host(CONNTRACKD + ".peers[" + i + "]", conntrackd.peers().get(i));
    }
    if (new HashSet<>(conntrackd.protocols()).size() < conntrackd.protocols().size()) {
      findings.add(CONNTRACKD + ".protocols", "names one twice; write each once");
    }
  }

  private static void checkGroup(String group, Findings findings) {
    Optional<Ipv4Address> read =
        findings.read(CONNTRACKD + ".group", group, Ipv4Address::parse, "225.0.0.50");
    if (read.isPresent() && !read.get().isMulticast()) {
      findings.add(
          CONNTRACKD + ".group",
          "is " + group + ", no multicast address; write one like 225.0.0.50");
    }
  }
}
