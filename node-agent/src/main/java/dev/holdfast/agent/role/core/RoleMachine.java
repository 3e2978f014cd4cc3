package dev.holdfast.agent.role.core;

import java.util.OptionalLong;

/**
 * The role of one router in its cluster.
 *
 * <p>"Well" is: no fault and not in maintenance. "Free" is: every segment that carries adverts is
 * silent, or the active router has resigned on one of them. n is the number of better routers left.
 *
 * <pre>
 * | role         | event                          | actions, in order                     | next       |
 * |--------------|--------------------------------|---------------------------------------|------------|
 * | Initialize   | Started, addresses found and   | StartPath*, Elect*, CommitFlows       | Active     |
 * |              | last advert within patience    |                                       |            |
 * | Initialize   | Started, otherwise             | StartPath*, WithdrawAddresses if      | at rest    |
 * |              |                                | some were found, Report               |            |
 * | at rest      | ActiveResigned (listed)        | wait n times 10 ms, then take over    |            |
 * | at rest      | ActiveResigned (foreign)       | Hasten the other segments             |            |
 * | at rest      | ActiveDown, all silent         | wait n times 10 ms, then take over    |            |
 * | at rest, not | the same                       | wait the reserve's patience longer    |            |
 * | well         |                                |                                       |            |
 * | at rest      | ActiveHeard of another         | stop waiting                          | same       |
 * | Backup       | stable time after a weaker one | take over (listed speakers)           |            |
 * | at rest      | take over                      | Elect*, CommitFlows                   | Active     |
 * | Active       | FlowsCommitted, or its time up | ClaimAddresses                        | Active     |
 * | Active       | AddressesClaimed               | Announce, Report                      | Active     |
 * | Active       | every second while holding     | RenewAddresses                        | Active     |
 * | Active       | 0.1, 1, 2, 3, 4, 5, 65, 125 s  | Announce                              | Active     |
 * | Active       | Contested, AddressClaimSeen    | Announce                              | Active     |
 * | Active       | AddressLost                    | RenewAddresses, Announce              | Active     |
 * | Active       | Yielded                        | Depose* the others, WithdrawAddresses,| at rest    |
 * |              |                                | Report                                |            |
 * | Active       | not well any more              | Depose* resigning, WithdrawAddresses, | Fault, or  |
 * |              |                                | Report                                | Maintenance|
 * | Active       | stalled beyond patience        | ListenFirst; heard nobody: Claim,     | Active     |
 * |              |                                | Announce                              |            |
 * | any          | Stopped                        | Depose* resigning, WithdrawAddresses, | Initialize |
 * |              |                                | StopPath*, Report, Finish             |            |
 * </pre>
 *
 * <p>"At rest" is Maintenance, else Fault, else Backup.
 */
public final class RoleMachine {

  /**
   * What a router advertises that should not have the role: anybody who is well takes it from it.
   */
  public static final int RESERVE_PRIORITY = 1;

  private RoleMachine() {}

  /** One step. Pure: the same arguments give the same result. */
  public static Outcome step(RoleConfig config, RoleState state, RoleEvent event, long nowNanos) {
    var turn = new Turn(config, state, nowNanos);
    switch (event) {
      case RoleEvent.Started started -> turn.start(started);
      case RoleEvent.Stopped _ -> turn.stop();
      case RoleEvent.DeadlineReached _ -> turn.deadline();
      case RoleEvent.Stalled(long nanos) -> turn.stalled(nanos);
      case RoleEvent.Reconfigured(RoleConfig before) -> turn.reconfigured(before);
      case RoleEvent.MaintenanceChanged(boolean on) -> turn.maintenance(on);
      case RoleEvent.HandoverAsked asked -> turn.handoverAsked(asked);
      case RoleEvent.LinkChanged(String network, Link link) -> turn.link(network, link);
      case RoleEvent.AddressLost(String network, var address) ->
          turn.tenure.addressLost(network, address);
      case RoleEvent.AddressClaimSeen seen -> turn.tenure.addressClaimSeen(seen);
      case RoleEvent.FaultChanged(Fault fault, boolean present) -> turn.fault(fault, present);
      case RoleEvent.FlowsCommitted(long takeover) -> turn.tenure.flowsCommitted(takeover);
      case RoleEvent.BarrierAnswered(String node) -> turn.barrierAnswered(node);
      case RoleEvent.AddressesClaimed(long takeover) -> turn.tenure.addressesClaimed(takeover);
      case RoleEvent.AddressRefused refused -> turn.tenure.addressRefused(refused);
      case RoleEvent.ActiveHeard(Segment segment, var source, int priority) ->
          turn.activeHeard(segment, source, priority);
      case RoleEvent.WeakerHeard(Segment segment, var source, int priority) ->
          turn.weakerHeard(segment, source, priority);
      case RoleEvent.ActiveDown(Segment segment) -> turn.activeDown(segment);
      case RoleEvent.ActiveResigned(Segment segment, var source) ->
          turn.activeResigned(segment, source);
      case RoleEvent.Yielded(Segment segment, var source, int priority) ->
          turn.yielded(segment, source, priority);
      case RoleEvent.Contested(Segment segment, var source, _) -> turn.contested(segment, source);
      case RoleEvent.SyncChanged(boolean inSync) -> turn.sync(inSync);
      case RoleEvent.PeerSyncChanged(boolean inSync) -> turn.peerSync(inSync);
      case RoleEvent.PeerHeard(String node) -> turn.peerAlive(node, true);
      case RoleEvent.PeerSilent(String node) -> turn.peerAlive(node, false);
      case RoleEvent.PeerReported reported -> turn.peerReported(reported);
    }
    turn.settle();
    return turn.outcome();
  }

  /** When the machine wants to be told that time has passed; empty when it waits for nothing. */
  public static OptionalLong deadlineNanos(RoleConfig config, RoleState state) {
    return new Turn(config, state, state.sinceNanos()).deadlineNanos();
  }

  /**
   * Why no other router may have the role now, for a person; empty when one may.
   *
   * @param nowNanos monotonic
   */
  public static String obstacles(RoleConfig config, RoleState state, long nowNanos) {
    return new Turn(config, state, nowNanos).obstacles();
  }

  /** Whose adverts count by this configuration. */
  public static SenderFilter senderFilter(RoleConfig config) {
    return SenderFilter.of(config);
  }
}
