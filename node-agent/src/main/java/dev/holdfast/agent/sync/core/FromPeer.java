package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.FlowsFrame;
import dev.holdfast.agent.sync.wire.FlowsReceived;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Heartbeat;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.RouterState;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a peer has told us: gives each message to whom it concerns, and keeps its word of itself.
 */
final class FromPeer implements LinkMessages {
  /** A stream so young may be the answer to the question for everything. */
  private static final long AGAIN_NANOS = 200_000_000L;

  private final LinkPaths paths;
  private final OutStream out;
  private final InStream in;
  private final PeerFlows theirs;
  private final LinkWords words;
  private final Consumer<LinkEvent> listener;

  private long heartbeatNanos;
  private RouterState state = RouterState.UNKNOWN;
  private @Nullable Hello identity;
  private boolean weHoldTheirs;

  FromPeer(
      LinkPaths paths,
      OutStream out,
      InStream in,
      PeerFlows theirs,
      LinkWords words,
      Consumer<LinkEvent> listener) {
    this.paths = paths;
    this.out = out;
    this.in = in;
    this.theirs = theirs;
    this.words = words;
    this.listener = listener;
  }

  @Override
  public void heartbeat(int path, Heartbeat heartbeat) {
    paths.get(path).peerHearsUs(heartbeat.hearing);
    heartbeatNanos = heartbeat.intervalMicros * 1_000L;
    RouterState said = heartbeat.state();
    weHoldTheirs(
        said.tableExact()
            && !in.askingAgain()
            && heartbeat.peerHoldsPosition >= heartbeat.newestPosition);
    if (!said.equals(state)) {
      state = said;
      listener.accept(new LinkEvent.PeerChanged(said));
    }
  }

  private void weHoldTheirs(boolean all) {
    if (all != weHoldTheirs) {
      weHoldTheirs = all;
      listener.accept(new LinkEvent.WeHoldTheirs(all));
    }
  }

  @Override
  public void flows(FlowsFrame frame, ByteBuffer buffer, int end) {
    in.received(frame, buffer, end);
  }

  @Override
  public void flowsReceived(FlowsReceived answer, long nowNanos) {
    out.received(answer, nowNanos);
    if (answer.again != 0
        && answer.again == out.stream()
        && nowNanos - out.startedAtNanos() >= AGAIN_NANOS) {
      out.begin(false, nowNanos);
    }
  }

  @Override
  public void everythingSent(long stream) {
    in.everythingSent(stream);
  }

  @Override
  public void barrier(long number) {
    long wanted = words.peerBarrier.asked(number, theirs.newestTicket());
    if (wanted != PeerBarrier.NOTHING_WANTED) {
      listener.accept(new LinkEvent.CommitWanted(wanted));
    }
  }

  @Override
  public void barrierReached(long number) {
    if (words.ownBarrier.answered(number)) {
      listener.accept(new LinkEvent.BarrierAnswered(number));
    }
  }

  @Override
  public void identity(Hello hello) {
    if (!hello.equals(identity)) {
      identity = hello;
      listener.accept(new LinkEvent.PeerIdentified(hello));
    }
  }

  @Override
  public void handover(HandoverMessage message) {
    listener.accept(new LinkEvent.HandoverReceived(message));
  }

  /** The peer's process is another one: what the earlier one said no longer holds. */
  void restarted() {
    in.peerRestarted();
    words.peerRestarted();
    state = RouterState.UNKNOWN;
  }

  /**
   * Whether the peer is to be expected on that network, by its own word: it has an address there,
   * or has been heard there. A network that its resource does not name it does not name either.
   */
  boolean attached(LinkPath path) {
    Hello hello = identity;
    if (hello == null) {
      return false;
    }
    for (Hello.Attachment attachment : hello.networks()) {
      if (attachment.network().equals(path.network)) {
        return path.everUp() || !attachment.linkAddresses().isEmpty();
      }
    }
    return false;
  }

  /** Nobody is there who could say that we hold everything. */
  void nothingHeld() {
    weHoldTheirs(false);
  }

  /** Between two heartbeats of the peer, by its own word; 0 before the first. */
  long heartbeatNanos() {
    return heartbeatNanos;
  }

  RouterState state() {
    return state;
  }

  boolean weHoldTheirs() {
    return weHoldTheirs;
  }
}
