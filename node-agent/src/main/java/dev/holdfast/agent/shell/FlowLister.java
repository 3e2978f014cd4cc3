package dev.holdfast.agent.shell;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.ops.FlowQuestion;
import dev.holdfast.agent.ops.FlowView;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies the flows that somebody asks for out of the table, a piece at a time: the loop's thread
 * looks at a few hundred entries and goes on with its work, the asker's thread makes text of them
 * and asks for the next piece. What is there all the time is seen once; what comes and goes
 * meanwhile may be missed.
 *
 * <p>Made by the asker; {@link #look} runs on the loop's thread, everything else on the asker's,
 * never both at once.
 */
final class FlowLister {

  private static final int LOOKED_AT_MAX = 4_096;
  private static final int COPIED_MAX = 256;

  /** A flow as it was. */
  static final class Copy {
    final FlowEntry flow = new FlowEntry();
    FlowView.Owner owner = FlowView.Owner.ours;
    int ageSeconds;
    @Nullable String reason;

    FlowView view() {
      return FlowView.of(owner, flow, ageSeconds, reason);
    }
  }

  /** What the loop knows and the table does not. */
  record Now(Protection protection, int nowSeconds) {}

  private final FlowQuestion question;
  private final List<Copy> copies = new ArrayList<>();
  private int copied;
  private int at = FlowTable.NONE;
  private boolean done;

  FlowLister(FlowQuestion question) {
    this.question = question;
  }

  /** Nothing is left to look at. */
  boolean done() {
    return done;
  }

  /** What the last piece brought; until the next one. */
  List<Copy> copies() {
    return copies.subList(0, copied);
  }

  /** Looks at the next piece of the table. On the loop's thread. */
  void look(FlowTable table, Now now) {
    copied = 0;
    int end = Math.min(table.handlesEnd(), at + 1 + LOOKED_AT_MAX);
    while (copied < COPIED_MAX && at + 1 < end) {
      at++;
      if (table.isLive(at) && !table.isExpectation(at)) {
        take(table, now);
      }
    }
    done = at + 1 >= table.handlesEnd();
  }

  private void take(FlowTable table, Now now) {
    boolean ours = table.ownerOf(at) == FlowTable.OURS;
    FlowView.Owner owner = ours ? FlowView.Owner.ours : FlowView.Owner.theirs;
    if (!question.wants(owner)) {
      return;
    }
    if (copied == copies.size()) {
      copies.add(new Copy());
    }
    Copy copy = copies.get(copied);
    table.read(at, copy.flow);
    if (question.matches(copy.flow)) {
      copy.owner = owner;
      copy.ageSeconds = Math.max(0, now.nowSeconds() - table.toldAtSeconds(at));
      copy.reason = ours ? now.protection().reason(table.position(at)) : null;
      copied++;
    }
  }
}
