package dev.holdfast.agent.shell;

import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.role.core.Peer;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.RoleState;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.HandoverMessage.Step;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests for a handover to the active router, and the answers back to whoever asked: this
 * router's own command, or a peer over the link.
 *
 * <p>A message over the link may be lost: the asking router repeats its request until it is
 * answered, the active one answers each copy of a request and works on it once. The commands' time
 * limit ends what is never answered.
 *
 * <p>Owner: the loop thread.
 */
final class HandoverDesk {
  private static final long AGAIN_NANOS = 200_000_000L;
  private static final int REMEMBERED_MAX = 16;

  /** Our own request. */
  private static final class Waiting {
    final String to;
    final CompletableFuture<RunningAgent.Answer> answer;

    /** The active router that was asked over the link; null when it is this one. */
    final @Nullable String peer;

    long askAtNanos;

    Waiting(
        String to,
        CompletableFuture<RunningAgent.Answer> answer,
        @Nullable String peer,
        long askAtNanos) {
      this.to = to;
      this.answer = answer;
      this.peer = peer;
      this.askAtNanos = askAtNanos;
    }
  }

  private final Supplier<RoleState> standing;
  private final Consumer<AgentEvent> tell;
  private final LongSupplier numbers;
  private final Map<Long, Waiting> waiting = new HashMap<>();
  private final Map<Long, String> askedByPeers = new LinkedHashMap<>();
  private final Map<Long, HandoverMessage> answered = new LinkedHashMap<>();
  private @Nullable BiConsumer<String, HandoverMessage> link;

  /**
   * @param tell takes events for the core, which it sees after this turn
   * @param numbers random: another router's request must not have the same one
   */
  HandoverDesk(Supplier<RoleState> standing, Consumer<AgentEvent> tell, LongSupplier numbers) {
    this.standing = standing;
    this.tell = tell;
    this.numbers = numbers;
  }

  /** How a message goes to a peer; null while there is no link. */
  void link(@Nullable BiConsumer<String, HandoverMessage> say) {
    link = say;
  }

  /** Somebody on this router asks. */
  void ask(String to, CompletableFuture<RunningAgent.Answer> answer, long nowNanos) {
    waiting.values().removeIf(old -> old.answer.isDone());
    RoleState now = standing.get();
    long number = number();
    if (now.role() == Role.ACTIVE) {
      waiting.put(number, new Waiting(to, answer, null, nowNanos));
      tell.accept(new AgentEvent.HandoverAsked(number, to));
      return;
    }
    Optional<String> active =
        now.peers().entrySet().stream()
            .filter(peer -> isActive(peer.getValue()))
            .map(Map.Entry::getKey)
            .findFirst();
    if (active.isEmpty() || link == null) {
      answer.complete(
          new RunningAgent.Answer(
              false, "this router is not active, and no active one is heard over the link"));
      return;
    }
    waiting.put(number, new Waiting(to, answer, active.get(), nowNanos));
    turn(nowNanos);
  }

  private long number() {
    long number = numbers.getAsLong();
    return number == 0 ? 1 : number;
  }

  private static boolean isActive(Peer peer) {
    return peer.alive() && peer.role() == Role.ACTIVE;
  }

  /** Repeats what was not answered. */
  void turn(long nowNanos) {
    if (waiting.isEmpty()) {
      return;
    }
    waiting.values().removeIf(old -> old.answer.isDone());
    waiting.forEach(
        (number, own) -> {
          if (own.peer != null && nowNanos - own.askAtNanos >= 0) {
            own.askAtNanos = nowNanos + AGAIN_NANOS;
            say(own.peer, new HandoverMessage(Step.REQUEST, number, own.to, ""));
          }
        });
  }

  private void say(String peer, HandoverMessage message) {
    if (link != null) {
      link.accept(peer, message);
    }
  }

  /** A peer says something over the link. */
  void received(String peer, HandoverMessage message) {
    switch (message.step()) {
      case REQUEST -> requested(peer, message);
      case CONFIRM -> answer(message.number(), new RunningAgent.Answer(true, message.reason()));
      case REFUSE -> answer(message.number(), new RunningAgent.Answer(false, message.reason()));
      case GO, CANCEL -> {} // Not said by this version.
    }
  }

  private void requested(String peer, HandoverMessage message) {
    HandoverMessage before = answered.get(message.number());
    if (before != null) {
      say(peer, before);
    } else if (askedByPeers.putIfAbsent(message.number(), peer) == null) {
      bound(askedByPeers);
      tell.accept(new AgentEvent.HandoverAsked(message.number(), message.to()));
    }
  }

  private void answer(long number, RunningAgent.Answer answer) {
    Waiting own = waiting.remove(number);
    if (own != null) {
      own.answer.complete(answer);
    }
  }

  /** The core's answer. */
  void answered(long number, boolean done, String sentence) {
    answer(number, new RunningAgent.Answer(done, sentence));
    String peer = askedByPeers.remove(number);
    if (peer != null) {
      var message = new HandoverMessage(done ? Step.CONFIRM : Step.REFUSE, number, "", sentence);
      answered.put(number, message);
      bound(answered);
      say(peer, message);
    }
  }

  private static void bound(Map<Long, ?> map) {
    if (map.size() > REMEMBERED_MAX) {
      map.remove(map.keySet().iterator().next());
    }
  }
}
