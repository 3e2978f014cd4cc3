package dev.holdfast.agent.role.core;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where a router stands in its cluster.
 *
 * @param sinceNanos since when it has this role
 * @param paths every segment with a virtual router
 * @param links every network's interface
 * @param faults what is broken here
 * @param refused networks whose address the kernel refused, with the time of the next attempt and
 *     how long is waited after it
 * @param maintenance asked for by a person; the configuration may ask for it too
 * @param inSync this router holds every flow of the active one
 * @param peerInSync a peer that may take over holds every flow of this one
 * @param peers what the others say of themselves over the link
 * @param steadySinceNanos since when this router has been a backup that is well and in sync
 * @param lastSignNanos the last sign of life of an active router, ourselves included
 * @param lastTakeover the number of the last takeover
 * @param hold the role, if it is ours
 * @param bid the takeover that is about to be, if one is
 * @param handover the role is being given away; null when it is not
 * @param wish a router that the configuration names, until it has been active; empty for none
 * @param remembered what the next start of the agent will be told
 * @param priority what we advertise
 * @param preempts whether our virtual routers ignore weaker ones
 * @param transitions the last changes of role, oldest first
 */
public record RoleState(
    Role role,
    long sinceNanos,
    SortedMap<Segment, Path> paths,
    Map<String, Link> links,
    SortedSet<Fault> faults,
    Map<String, Refusal> refused,
    boolean maintenance,
    boolean inSync,
    boolean peerInSync,
    SortedMap<String, Peer> peers,
    long steadySinceNanos,
    OptionalLong lastSignNanos,
    long lastTakeover,
    @Nullable Hold hold,
    @Nullable Bid bid,
    @Nullable Handover handover,
    String wish,
    Asked remembered,
    int priority,
    boolean preempts,
    List<Transition> transitions) {

  /** How many changes of role are remembered. */
  public static final int TRANSITIONS_KEPT = 20;

  /** A refused address is tried again after some time, which doubles with each refusal. */
  public record Refusal(long retryAtNanos, long waitNanos) {}

  /** Before the start. Until there is a flow sync, every router counts as in sync. */
  public static RoleState initial(RoleConfig config, long nowNanos) {
    return new RoleState(
        Role.INITIALIZE,
        nowNanos,
        new TreeMap<>(),
        Map.of(),
        new TreeSet<>(),
        Map.of(),
        false,
        true,
        true,
        new TreeMap<>(),
        nowNanos,
        OptionalLong.empty(),
        0,
        null,
        null,
        null,
        "",
        Asked.NOTHING,
        config.self().priority(),
        false,
        List.of());
  }

  /** To whom this router gives the role, or has just given it, for the peers; empty: to nobody. */
  public String successor() {
    return handover == null ? "" : handover.successor();
  }

  /** Whether the role shall stay with the successor, or here while there is none. */
  public boolean stays() {
    return handover == null || handover.successor().isEmpty()
        ? hold != null && hold.stays()
        : handover.stays();
  }
}
