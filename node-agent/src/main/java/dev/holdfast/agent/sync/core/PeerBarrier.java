package dev.holdfast.agent.sync.core;

/**
 * A barrier that a peer asks us for: answered when our kernel holds all that the peer had told when
 * it first asked. Asked for again, it is answered again.
 */
final class PeerBarrier {
  /** Nothing has to be committed for the sake of a question. */
  static final long NOTHING_WANTED = -1;

  private long number;
  private long ticket;
  private boolean open;
  private long reached;
  private boolean answerDue;
  private long committedTicket;

  /**
   * The peer asks.
   *
   * @param asked its number of the barrier
   * @param newestTicket of what it has told until now
   * @return the ticket that must be committed for it, {@link #NOTHING_WANTED} when that is so
   *     already or was said before
   */
  long asked(long asked, long newestTicket) {
    if (asked <= reached) {
      answerDue = asked == reached;
      return NOTHING_WANTED;
    }
    boolean fresh = asked > number;
    if (fresh) {
      number = asked;
      ticket = newestTicket;
      open = true;
    }
    judge();
    return fresh && open ? ticket : NOTHING_WANTED;
  }

  /** Our kernel holds everything up to that ticket. */
  void committed(long ticket) {
    committedTicket = ticket;
    judge();
  }

  private void judge() {
    if (open && committedTicket >= ticket) {
      open = false;
      reached = number;
      answerDue = true;
    }
  }

  /** An answer waits to be sent. */
  boolean answerDue() {
    return answerDue;
  }

  /** Number of the barrier that is answered. */
  long reached() {
    return reached;
  }

  /** The answer went out. */
  void answerSent() {
    answerDue = false;
  }

  /** The peer's process is another one and counts its barriers anew. */
  void peerRestarted() {
    number = 0;
    open = false;
    reached = 0;
  }
}
