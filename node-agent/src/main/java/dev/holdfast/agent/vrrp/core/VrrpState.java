package dev.holdfast.agent.vrrp.core;

import dev.holdfast.api.addr.IpAddress;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Where one virtual router stands (RFC 9568 section 6.4). Deadlines: monotonic nanoseconds. */
public sealed interface VrrpState {

  /** Not running: stopped, or its interface cannot carry adverts. */
  record Initialize() implements VrrpState {}

  /**
   * Listening to an active router.
   *
   * @param activeIntervalNanos what the active router advertises; our own until one was heard
   * @param activeDownAtNanos when the active router counts as down
   * @param silent true once that time has passed: there is nothing more to wait for here
   * @param following the address whose adverts keep us backup; null until one was heard
   */
  record Backup(
      long activeIntervalNanos,
      long activeDownAtNanos,
      boolean silent,
      @Nullable IpAddress following)
      implements VrrpState {}

  /**
   * Advertising.
   *
   * @param advertAtNanos when the next advert is due
   * @param sentAtNanos when the last one was sent, or would have been
   * @param listening true after a long stall: nothing is sent before {@code advertAtNanos}, and any
   *     other active router that is heard until then has rightly taken over
   */
  record Active(long advertAtNanos, long sentAtNanos, boolean listening) implements VrrpState {}

  /** The one deadline of the state; empty when nothing is waited for. */
  default OptionalLong deadlineNanos() {
    return switch (this) {
      case Initialize _ -> OptionalLong.empty();
      case Backup b when b.silent() -> OptionalLong.empty();
      case Backup b -> OptionalLong.of(b.activeDownAtNanos());
      case Active a -> OptionalLong.of(a.advertAtNanos());
    };
  }
}
