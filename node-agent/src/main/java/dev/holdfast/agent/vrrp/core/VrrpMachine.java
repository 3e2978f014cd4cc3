package dev.holdfast.agent.vrrp.core;

import dev.holdfast.agent.vrrp.core.VrrpAction.ActiveDown;
import dev.holdfast.agent.vrrp.core.VrrpAction.ActiveHeard;
import dev.holdfast.agent.vrrp.core.VrrpAction.ActiveResigned;
import dev.holdfast.agent.vrrp.core.VrrpAction.Contested;
import dev.holdfast.agent.vrrp.core.VrrpAction.SendAdvert;
import dev.holdfast.agent.vrrp.core.VrrpAction.WeakerHeard;
import dev.holdfast.agent.vrrp.core.VrrpAction.Yielded;
import dev.holdfast.agent.vrrp.core.VrrpState.Active;
import dev.holdfast.agent.vrrp.core.VrrpState.Backup;
import dev.holdfast.agent.vrrp.core.VrrpState.Initialize;
import dev.holdfast.agent.vrrp.wire.Advert;
import org.jspecify.annotations.Nullable;

/**
 * One virtual router (RFC 9568 section 6.4, RFC 3768 section 6.4).
 *
 * <p>P is the priority in an advert, L ours; I the interval that is followed.
 *
 * <pre>
 * | state      | event                            | actions                        | next       |
 * |------------|----------------------------------|--------------------------------|------------|
 * | Initialize | Started                          | down timer = 3 I + skew        | Backup     |
 * | Initialize | anything else                    |                                | Initialize |
 * | Backup     | deadline                         | ActiveDown                     | Backup     |
 * | Backup     | Elected                          | SendAdvert(L)                  | Active     |
 * | Backup     | advert P = 0 of the followed one | down timer = skew,             | Backup     |
 * |            |                                  | ActiveResigned                 |            |
 * | Backup     | advert P = 0 of another          |                                | Backup     |
 * | Backup     | advert P >= L, or not preempting | I = P's, down timer = 3 I +    | Backup     |
 * |            |                                  | skew, ActiveHeard              |            |
 * | Backup     | advert 0 < P < L, preempting     | WeakerHeard                    | Backup     |
 * | Backup     | Hastened                         | down timer may end earlier     | Backup     |
 * | Backup     | Stopped                          |                                | Initialize |
 * | Active     | deadline                         | SendAdvert(L)                  | Active     |
 * | Active     | advert P = 0                     | SendAdvert(L)                  | Active     |
 * | Active     | advert P > L, or P = L and the   | SendAdvert(L), Yielded         | Backup     |
 * |            | sender's address is higher       |                                |            |
 * | Active     | advert P < L, or P = L and the   | SendAdvert(L), Contested       | Active     |
 * |            | sender's address is lower        |                                |            |
 * | Active     | Deposed                          | SendAdvert(0) if it resigns    | Backup     |
 * | Active     | Stopped                          | SendAdvert(0)                  | Initialize |
 * | Active     | ListeningBegun                   | next advert in I               | listening  |
 * | listening  | advert P > 0                     | Yielded                        | Backup     |
 * | listening  | advert P = 0                     |                                | listening  |
 * | listening  | deadline                         | SendAdvert(L)                  | Active     |
 * | any        | Delayed                          | every deadline moves           | same       |
 * | any        | Reconfigured                     | down timer moves by the change | same       |
 * </pre>
 *
 * <p>Where this differs from the RFC, and why:
 *
 * <ul>
 *   <li>A backup does not elect itself, its group does (see the package).
 *   <li>A router that yields sends one last advert, so that the winner learns that there were two
 *       and announces its addresses anew, whoever of them heard the other first.
 *   <li>A priority of zero counts only from the router that is followed. A late one of the router
 *       before it would otherwise end the time of its successor.
 *   <li>Answers to weaker adverts are sent at most ten times per interval.
 * </ul>
 */
public final class VrrpMachine {

  private static final int ANSWERS_PER_INTERVAL = 10;

  private VrrpMachine() {}

  /** One step. Pure: the same arguments give the same result. */
  public static Step step(VirtualRouter vr, VrrpState state, VrrpEvent event, long nowNanos) {
    return switch (state) {
      case Initialize s -> initialize(vr, s, event, nowNanos);
      case Backup s -> backup(vr, s, event, nowNanos);
      case Active s when s.listening() -> listening(vr, s, event, nowNanos);
      case Active s -> active(vr, s, event, nowNanos);
    };
  }

  private static Step initialize(VirtualRouter vr, Initialize s, VrrpEvent event, long nowNanos) {
    return event instanceof VrrpEvent.Started ? Step.to(freshBackup(vr, nowNanos)) : Step.to(s);
  }

  private static Step backup(VirtualRouter vr, Backup s, VrrpEvent event, long nowNanos) {
    return switch (event) {
      case VrrpEvent.DeadlineReached _ ->
          s.silent()
              ? Step.to(s)
              : Step.to(
                  new Backup(s.activeIntervalNanos(), s.activeDownAtNanos(), true, s.following()),
                  new ActiveDown());
      case VrrpEvent.Elected _ -> becomeActive(vr, nowNanos);
      case VrrpEvent.AdvertReceived ad when ad.advert().resigns() -> resigned(vr, s, ad, nowNanos);
      case VrrpEvent.AdvertReceived ad
          when !vr.preempts() || ad.advert().priority() >= vr.priority() ->
          Step.to(follow(vr, ad, nowNanos), new ActiveHeard(ad.source(), ad.advert().priority()));
      case VrrpEvent.AdvertReceived ad ->
          Step.to(s, new WeakerHeard(ad.source(), ad.advert().priority()));
      case VrrpEvent.Hastened(long downAtNanos) ->
          s.silent() || downAtNanos - s.activeDownAtNanos() >= 0
              ? Step.to(s)
              : Step.to(downAt(s, downAtNanos));
      case VrrpEvent.Delayed(long nanos) -> Step.to(downAt(s, s.activeDownAtNanos() + nanos));
      case VrrpEvent.Reconfigured(VirtualRouter before) -> Step.to(reconfigured(vr, before, s));
      case VrrpEvent.Stopped _ -> Step.to(new Initialize());
      case VrrpEvent.Started _, VrrpEvent.Deposed _, VrrpEvent.ListeningBegun _ -> Step.to(s);
    };
  }

  private static Step resigned(
      VirtualRouter vr, Backup s, VrrpEvent.AdvertReceived ad, long nowNanos) {
    if (s.following() != null && !s.following().equals(ad.source())) {
      return Step.to(s);
    }
    // The active router is leaving: wait only the skew, so that the best backup goes first.
    long downAtNanos = nowNanos + vr.skewNanos(s.activeIntervalNanos());
    return Step.to(
        s.silent() ? s : new Backup(s.activeIntervalNanos(), downAtNanos, false, s.following()),
        new ActiveResigned(ad.source()));
  }

  private static Step active(VirtualRouter vr, Active s, VrrpEvent event, long nowNanos) {
    return switch (event) {
      case VrrpEvent.DeadlineReached _ ->
          Step.to(
              new Active(nextAdvert(vr, s, nowNanos), nowNanos, false),
              new SendAdvert(vr.priority()));
      case VrrpEvent.AdvertReceived ad when ad.advert().resigns() -> answer(vr, s, nowNanos, null);
      case VrrpEvent.AdvertReceived ad when isStronger(ad, vr) ->
          Step.to(
              follow(vr, ad, nowNanos),
              new SendAdvert(vr.priority()),
              new Yielded(ad.source(), ad.advert().priority()));
      case VrrpEvent.AdvertReceived ad ->
          answer(vr, s, nowNanos, new Contested(ad.source(), ad.advert().priority()));
      case VrrpEvent.Deposed(boolean resigns) -> depose(vr, resigns, nowNanos);
      case VrrpEvent.Stopped _ -> Step.to(new Initialize(), new SendAdvert(0));
      case VrrpEvent.ListeningBegun _ ->
          Step.to(new Active(nowNanos + vr.intervalNanos(), s.sentAtNanos(), true));
      case VrrpEvent.Delayed(long nanos) ->
          Step.to(new Active(s.advertAtNanos() + nanos, s.sentAtNanos() + nanos, false));
      case VrrpEvent.Reconfigured(VirtualRouter before) -> Step.to(reconfigured(vr, before, s));
      case VrrpEvent.Started _, VrrpEvent.Elected _, VrrpEvent.Hastened _ -> Step.to(s);
    };
  }

  /** Active, but so long stalled that somebody may have taken over meanwhile. */
  private static Step listening(VirtualRouter vr, Active s, VrrpEvent event, long nowNanos) {
    return switch (event) {
      case VrrpEvent.DeadlineReached _ -> becomeActive(vr, nowNanos);
      case VrrpEvent.AdvertReceived ad when ad.advert().resigns() -> Step.to(s);
      case VrrpEvent.AdvertReceived ad ->
          Step.to(follow(vr, ad, nowNanos), new Yielded(ad.source(), ad.advert().priority()));
      case VrrpEvent.Deposed(boolean resigns) -> depose(vr, resigns, nowNanos);
      case VrrpEvent.Stopped _ -> Step.to(new Initialize(), new SendAdvert(0));
      case VrrpEvent.Delayed(long nanos) ->
          Step.to(new Active(s.advertAtNanos() + nanos, s.sentAtNanos() + nanos, true));
      case VrrpEvent.Started _,
          VrrpEvent.Elected _,
          VrrpEvent.Hastened _,
          VrrpEvent.ListeningBegun _,
          VrrpEvent.Reconfigured _ ->
          Step.to(s);
    };
  }

  private static Step becomeActive(VirtualRouter vr, long nowNanos) {
    return Step.to(
        new Active(nowNanos + vr.intervalNanos(), nowNanos, false), new SendAdvert(vr.priority()));
  }

  private static Step depose(VirtualRouter vr, boolean resigns, long nowNanos) {
    Backup backup = freshBackup(vr, nowNanos);
    return resigns ? Step.to(backup, new SendAdvert(0)) : Step.to(backup);
  }

  private static Step answer(
      VirtualRouter vr, Active s, long nowNanos, @Nullable Contested contested) {
    if (nowNanos - s.sentAtNanos() < vr.intervalNanos() / ANSWERS_PER_INTERVAL) {
      return contested == null ? Step.to(s) : Step.to(s, contested);
    }
    var next = new Active(nowNanos + vr.intervalNanos(), nowNanos, false);
    var advert = new SendAdvert(vr.priority());
    return contested == null ? Step.to(next, advert) : Step.to(next, advert, contested);
  }

  /** RFC 9568 section 6.4.3: the higher priority, then the higher address. */
  private static boolean isStronger(VrrpEvent.AdvertReceived ad, VirtualRouter vr) {
    int priority = ad.advert().priority();
    return priority > vr.priority()
        || (priority == vr.priority() && ad.source().compareTo(ad.own()) > 0);
  }

  private static Backup freshBackup(VirtualRouter vr, long nowNanos) {
    long interval = vr.intervalNanos();
    return new Backup(interval, nowNanos + vr.downNanos(interval), false, null);
  }

  private static Backup follow(VirtualRouter vr, VrrpEvent.AdvertReceived received, long nowNanos) {
    Advert advert = received.advert();
    long interval = vr.followedIntervalNanos(advert.intervalNanos());
    return new Backup(interval, nowNanos + vr.downNanos(interval), false, received.source());
  }

  private static Backup downAt(Backup s, long downAtNanos) {
    return new Backup(s.activeIntervalNanos(), downAtNanos, s.silent(), s.following());
  }

  /** On schedule: one interval after the time that this one was due, without those missed. */
  private static long nextAdvert(VirtualRouter vr, Active s, long nowNanos) {
    long interval = vr.intervalNanos();
    long late = Math.max(0, nowNanos - s.advertAtNanos());
    return s.advertAtNanos() + (late / interval + 1) * interval;
  }

  private static Backup reconfigured(VirtualRouter vr, VirtualRouter before, Backup s) {
    long interval =
        s.following() == null || vr.version() == 2 ? vr.intervalNanos() : s.activeIntervalNanos();
    long change = vr.downNanos(interval) - before.downNanos(s.activeIntervalNanos());
    return new Backup(interval, s.activeDownAtNanos() + change, s.silent(), s.following());
  }

  private static Active reconfigured(VirtualRouter vr, VirtualRouter before, Active s) {
    long change = Math.min(0, vr.intervalNanos() - before.intervalNanos());
    return new Active(s.advertAtNanos() + change, s.sentAtNanos(), s.listening());
  }
}
