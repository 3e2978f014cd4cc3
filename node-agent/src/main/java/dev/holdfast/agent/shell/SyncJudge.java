package dev.holdfast.agent.shell;

import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.sync.core.Lasting;
import dev.holdfast.agent.sync.core.SyncLink;
import dev.holdfast.agent.sync.wire.LinkRole;
import dev.holdfast.agent.sync.wire.RouterState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the links say of themselves → what the role needs to know: who is alive, who is in sync.
 *
 * <p>Under traffic there is always a change that the other side has not acknowledged yet. So a link
 * that has been in sync once stays so as long as it catches up once a second, see {@link Lasting}.
 */
final class SyncJudge {

  private static final class Peer {
    final Lasting weHold = new Lasting();
    final Lasting holdsOurs = new Lasting();
    boolean up;
    AgentEvent.@Nullable PeerReported reported;
  }

  private final Map<String, Peer> peers = new HashMap<>();
  private boolean begun;
  private boolean inSync;
  private boolean peerInSync;

  /**
   * Judges all links anew and tells what has changed.
   *
   * @param kernelHolds everything that the peers told is in this kernel, or kept for a takeover
   * @param speakers beside foreign ones a router without a link is judged by VRRP alone
   */
  void judge(
      List<SyncLink> links,
      boolean kernelHolds,
      Speakers speakers,
      long nowNanos,
      Consumer<AgentEvent> tell) {
    boolean anyUp = false;
    boolean allHeld = true;
    boolean anyHoldsOurs = false;
    boolean activeKnown = false;
    boolean activeHeld = false;
    for (SyncLink link : links) {
      Peer peer = peers.computeIfAbsent(link.peer(), _ -> new Peer());
      boolean up = link.up();
      boolean held = peer.weHold.judge(up && link.weHoldTheirs() && kernelHolds, up, nowNanos);
      boolean holds = peer.holdsOurs.judge(up && link.peerHoldsOurs(), up, nowNanos);
      LinkRole role = link.peerState().role();
      anyUp |= up;
      allHeld &= !up || held;
      anyHoldsOurs |= up && holds && mayTakeOver(role);
      if (up && role == LinkRole.ACTIVE) {
        activeKnown = true;
        activeHeld |= held;
      }
      tellPeer(peer, link, up, holds, tell);
    }
    forgetRemoved(links, tell);
    boolean alone = speakers == Speakers.ANY && !anyUp;
    boolean nowInSync = activeKnown ? activeHeld : anyUp ? allHeld : alone;
    boolean nowPeerInSync = anyHoldsOurs || alone;
    if (!begun || nowInSync != inSync) {
      inSync = nowInSync;
      tell.accept(new AgentEvent.SyncChanged(nowInSync));
    }
    if (!begun || nowPeerInSync != peerInSync) {
      peerInSync = nowPeerInSync;
      tell.accept(new AgentEvent.PeerSyncChanged(nowPeerInSync));
    }
    begun = true;
  }

  /** A router that the resource names no more is no peer that could take over. */
  private void forgetRemoved(List<SyncLink> links, Consumer<AgentEvent> tell) {
    if (peers.size() == links.size()) {
      return;
    }
    peers
        .entrySet()
        .removeIf(
            entry -> {
              boolean gone = links.stream().noneMatch(l -> l.peer().equals(entry.getKey()));
              if (gone && entry.getValue().up) {
                tell.accept(new AgentEvent.PeerSilent(entry.getKey()));
              }
              return gone;
            });
  }

  private static boolean mayTakeOver(LinkRole role) {
    return switch (role) {
      case BACKUP, ACTIVE, FAULT -> true;
      case INITIALIZE, MAINTENANCE, UNKNOWN -> false;
    };
  }

  private static void tellPeer(
      Peer peer, SyncLink link, boolean up, boolean holds, Consumer<AgentEvent> tell) {
    if (up != peer.up) {
      peer.up = up;
      peer.reported = null;
      tell.accept(
          up ? new AgentEvent.PeerHeard(link.peer()) : new AgentEvent.PeerSilent(link.peer()));
    }
    RouterState state = link.peerState();
    if (!up || state.role() == LinkRole.UNKNOWN) {
      return;
    }
    var report =
        new AgentEvent.PeerReported(
            link.peer(),
            role(state.role()),
            state.faults().size(),
            holds,
            state.successor(),
            state.stays());
    if (!report.equals(peer.reported)) {
      peer.reported = report;
      tell.accept(report);
    }
  }

  static Role role(LinkRole role) {
    return switch (role) {
      case BACKUP -> Role.BACKUP;
      case ACTIVE -> Role.ACTIVE;
      case FAULT -> Role.FAULT;
      case MAINTENANCE -> Role.MAINTENANCE;
      case INITIALIZE, UNKNOWN -> Role.INITIALIZE;
    };
  }

  static LinkRole role(Role role) {
    return switch (role) {
      case INITIALIZE -> LinkRole.INITIALIZE;
      case BACKUP -> LinkRole.BACKUP;
      case ACTIVE -> LinkRole.ACTIVE;
      case FAULT -> LinkRole.FAULT;
      case MAINTENANCE -> LinkRole.MAINTENANCE;
    };
  }
}
