package dev.holdfast.agent.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the loop. Any thread puts in, only the loop takes out.
 *
 * <p>Bounded: at the bound an event is dropped and counted. An advert comes again soon; senders of
 * what does not come again use {@link #put}, which waits.
 */
public final class Inbox {

  /** Some seconds of adverts at the shortest interval on every network. */
  private static final int CAPACITY = 4096;

  /** What the loop does in one turn. */
  public sealed interface Item {
    /** Goes through the core. */
    record Event(AgentEvent event) implements Item {}

    /** Runs on the loop's thread: a question about its state. */
    record Task(Runnable task) implements Item {}
  }

  private final ArrayBlockingQueue<Item> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final LongAdder dropped = new LongAdder();

  /** Never waits; false, and counted, when the inbox is full. */
  public boolean offer(AgentEvent event) {
    return count(queue.offer(new Item.Event(event)));
  }

  /** Never waits; false, and counted, when the inbox is full. */
  public boolean offer(Runnable task) {
    return count(queue.offer(new Item.Task(task)));
  }

  /** Waits for room. Not for the loop's own thread, and not for a thread that must not stop. */
  public void put(AgentEvent event) throws InterruptedException {
    queue.put(new Item.Event(event));
  }

  private boolean count(boolean taken) {
    if (!taken) {
      dropped.increment();
    }
    return taken;
  }

  /** Events that were lost at the bound since the start. */
  public long dropped() {
    return dropped.sum();
  }

  /**
   * Waits for the first item, then takes what else is there.
   *
   * @param waitNanos at most so long; 0 or less does not wait
   * @param most items at most
   * @return in the order of arrival; empty when nothing came
   */
  List<Item> take(long waitNanos, int most) throws InterruptedException {
    @Nullable Item first =
        waitNanos > 0 ? queue.poll(waitNanos, TimeUnit.NANOSECONDS) : queue.poll();
    if (first == null) {
      return List.of();
    }
    List<Item> items = new ArrayList<>();
    items.add(first);
    queue.drainTo(items, most - 1);
    return items;
  }
}
