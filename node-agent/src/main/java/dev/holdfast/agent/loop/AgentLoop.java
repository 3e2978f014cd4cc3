package dev.holdfast.agent.loop;

import dev.holdfast.agent.vrrp.wire.Advert;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that owns the agent's state: takes what arrived to the core and what the core
 * wants done to the shell, and sleeps until the core's earliest deadline.
 *
 * <p>It turns at least once a heartbeat. When it did not, the process or the whole machine stood
 * still, and the core is told how long before anything else.
 */
public final class AgentLoop implements Runnable {

  /** Does what the core wants, in order; a failure comes back through the inbox as an event. */
  public interface Performer {
    void perform(Effect effect);

    /** True once {@link Effect.Finish} has been performed. */
    boolean finished();
  }

  /**
   * Another owner of state on the loop's thread: the flow sync. It is given a turn after each batch
   * of events, keeps its turns short, and says when it wants the next one.
   */
  public interface Companion {
    /**
     * Does what is due.
     *
     * @param tell takes what the core must know
     */
    void turn(long nowNanos, Consumer<AgentEvent> tell);

    /** When it wants a turn even if nothing happens until then. */
    long deadlineNanos(long nowNanos);

    /** The loop stood still for this long; told before what arrived meanwhile. */
    void stalled(long nanos);
  }

  private static final int ITEMS_MAX = 256;

  private final AgentCore core;
  private final Inbox inbox;
  private final Performer performer;
  private final LongSupplier nanoTime;
  private final long heartbeatNanos;
  private final @Nullable Companion companion;
  private volatile long turnedAtNanos;

  /**
   * @param nanoTime monotonic
   * @param heartbeatNanos the longest sleep; a turn that comes later than twice that is a stall
   */
  public AgentLoop(
      AgentCore core,
      Inbox inbox,
      Performer performer,
      LongSupplier nanoTime,
      long heartbeatNanos) {
    this(core, inbox, performer, nanoTime, heartbeatNanos, null);
  }

  /**
   * @param companion shares the thread; null for none
   */
  public AgentLoop(
      AgentCore core,
      Inbox inbox,
      Performer performer,
      LongSupplier nanoTime,
      long heartbeatNanos,
      @Nullable Companion companion) {
    this.companion = companion;
    this.core = core;
    this.inbox = inbox;
    this.performer = performer;
    this.nanoTime = nanoTime;
    this.heartbeatNanos = heartbeatNanos;
    turnedAtNanos = nanoTime.getAsLong();
  }

  /** When the loop last turned; for the health pages, from any thread. */
  public long turnedAtNanos() {
    return turnedAtNanos;
  }

  /** Performs what the core wants at the start, then turns until the core has finished. */
  public void run(List<Effect> first) {
    perform(first);
    turnedAtNanos = nanoTime.getAsLong();
    run();
  }

  @Override
  public void run() {
    try {
      while (!performer.finished()) {
        turn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void turn() throws InterruptedException {
    long before = nanoTime.getAsLong();
    long untilDeadline = core.deadlineNanos() - before;
    if (companion != null) {
      untilDeadline = Math.min(untilDeadline, companion.deadlineNanos(before) - before);
    }
    List<Inbox.Item> items = inbox.take(Math.min(untilDeadline, heartbeatNanos), ITEMS_MAX);
    long now = nanoTime.getAsLong();
    long stood = now - turnedAtNanos - heartbeatNanos;
    turnedAtNanos = now;
    if (stood > heartbeatNanos) {
      apply(new AgentEvent.Stalled(stood));
      if (companion != null) {
        companion.stalled(stood);
      }
    }
    for (Inbox.Item item : items) {
      switch (item) {
        case Inbox.Item.Event(AgentEvent event) -> apply(event);
        case Inbox.Item.Task(Runnable task) -> task.run();
      }
    }
    // What arrived counts before what expired: otherwise a pause of this process would make a
    // healthy backup take over.
    if (items.size() < ITEMS_MAX && core.deadlineNanos() - nanoTime.getAsLong() <= 0) {
      apply(new AgentEvent.DeadlineReached());
    }
    if (companion != null && !performer.finished()) {
      companion.turn(nanoTime.getAsLong(), this::apply);
    }
  }

  private void apply(AgentEvent event) {
    perform(core.apply(event, nanoTime.getAsLong()));
  }

  private void perform(List<Effect> effects) {
    for (Effect effect : effects) {
      if (!isOutdated(effect)) {
        performer.perform(effect);
      }
    }
  }

  /**
   * True for an advert of a turn that stood still in its middle, for so long that another router
   * may have taken over: it would take the role back before the stall is known. The next turn tells
   * it.
   */
  private boolean isOutdated(Effect effect) {
    return effect instanceof Effect.SendAdvert(_, Advert advert, _)
        && !advert.resigns()
        && nanoTime.getAsLong() - turnedAtNanos > core.patienceNanos();
  }
}
