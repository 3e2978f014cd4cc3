package dev.holdfast.agent.flow;

import static dev.holdfast.agent.flow.FlowEntry.HAS_DCCP_ROLE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_HELPER;
import static dev.holdfast.agent.flow.FlowEntry.HAS_ID;
import static dev.holdfast.agent.flow.FlowEntry.HAS_LABELS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_MARK;
import static dev.holdfast.agent.flow.FlowEntry.HAS_MASTER;
import static dev.holdfast.agent.flow.FlowEntry.HAS_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCALE_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCALE_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SEQ_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SEQ_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_STATUS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SYNPROXY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TCP_FLAGS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TIMEOUT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_VTAG_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_VTAG_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.NAT_BITS;
import static dev.holdfast.agent.flow.FlowEntry.STATE_BITS;

import java.util.Arrays;

/**
 * One report about a flow on top of what is known of it.
 *
 * <p>Two entries say the same when every attribute has the same value, and absent counts as zero: a
 * dump that spells out {@code mark 0} is no news. Not compared, because they differ at every look
 * and no peer needs them: the timeout, the kernel's identifier, and the TCP flags that follow the
 * traffic.
 */
final class FlowMerge {
  /** Window scale used, SACK permitted, be liberal: set once; all others come and go. */
  private static final int LASTING_TCP_FLAGS = 0x01 | 0x02 | 0x08;

  private FlowMerge() {}

  /**
   * @param held becomes what is known now
   * @return true when that differs from before
   */
  static boolean apply(FlowEntry held, FlowEntry told, Telling telling) {
    boolean changed =
        switch (telling) {
          case BORN, SEEN -> !sayTheSame(held, told);
          case UPDATED -> update(held, told);
          case SEEN_BEFORE -> complete(held, told);
        };
    if (telling == Telling.BORN || telling == Telling.SEEN) {
      held.copyFrom(told);
    }
    return changed;
  }

  private static boolean complete(FlowEntry held, FlowEntry before) {
    FlowEntry complete = new FlowEntry();
    complete.copyFrom(before);
    update(complete, held);
    boolean changed = !sayTheSame(held, complete);
    held.copyFrom(complete);
    return changed;
  }

  static boolean apply(ExpectEntry held, ExpectEntry told) {
    boolean changed = !sayTheSame(held, told);
    held.copyFrom(told);
    return changed;
  }

  private static boolean sayTheSame(FlowEntry a, FlowEntry b) {
    return a.reply.sameAs(b.reply)
        && a.status == b.status
        && a.state == b.state
        && a.mark == b.mark
        && a.dccpRole == b.dccpRole
        && sameTcp(a, b)
        && sameExtensions(a, b);
  }

  private static boolean sameTcp(FlowEntry a, FlowEntry b) {
    int flags = a.tcpFlagsOriginal ^ b.tcpFlagsOriginal | a.tcpFlagsReply ^ b.tcpFlagsReply;
    return a.scaleOriginal == b.scaleOriginal
        && a.scaleReply == b.scaleReply
        && (flags & LASTING_TCP_FLAGS) == 0;
  }

  private static boolean sameExtensions(FlowEntry a, FlowEntry b) {
    return a.vtagOriginal == b.vtagOriginal
        && a.vtagReply == b.vtagReply
        && sameSequenceOriginal(a, b)
        && sameSequenceReply(a, b)
        && a.helper.sameAs(b.helper)
        && Arrays.equals(a.labels, b.labels)
        && a.synproxyIsn == b.synproxyIsn
        && a.synproxyIts == b.synproxyIts
        && a.synproxyTsoff == b.synproxyTsoff
        && a.master.sameAs(b.master);
  }

  private static boolean sameSequenceOriginal(FlowEntry a, FlowEntry b) {
    return a.seqPositionOriginal == b.seqPositionOriginal
        && a.seqBeforeOriginal == b.seqBeforeOriginal
        && a.seqAfterOriginal == b.seqAfterOriginal;
  }

  private static boolean sameSequenceReply(FlowEntry a, FlowEntry b) {
    return a.seqPositionReply == b.seqPositionReply
        && a.seqBeforeReply == b.seqBeforeReply
        && a.seqAfterReply == b.seqAfterReply;
  }

  private static boolean sayTheSame(ExpectEntry a, ExpectEntry b) {
    return a.master.sameAs(b.master)
        && a.mask.sameAs(b.mask)
        && a.flags == b.flags
        && a.expectClass == b.expectClass
        && a.natDirection == b.natDirection
        && a.nat.sameAs(b.nat)
        && a.helper.sameAs(b.helper)
        && a.function.sameAs(b.function);
  }

  private static boolean update(FlowEntry held, FlowEntry told) {
    boolean changed = updateState(held, told);
    changed |= updateTcp(held, told);
    changed |= updateExtensions(held, told);
    if (told.has(HAS_REPLY)) {
      changed |= !held.reply.sameAs(told.reply);
      held.reply.copyFrom(told.reply);
      held.has &= ~NAT_BITS;
    }
    if (told.has(HAS_TIMEOUT)) {
      held.timeoutSeconds = told.timeoutSeconds;
    }
    if (told.has(HAS_ID)) {
      held.kernelId = told.kernelId;
    }
    held.has |= told.has;
    return changed;
  }

  private static boolean updateState(FlowEntry held, FlowEntry told) {
    boolean changed = false;
    if (told.has(HAS_STATUS)) {
      changed = held.status != told.status;
      held.status = told.status;
    }
    if (told.hasAny(STATE_BITS)) {
      changed |= held.state != told.state;
      held.state = told.state;
    }
    if (told.has(HAS_MARK)) {
      changed |= held.mark != told.mark;
      held.mark = told.mark;
    }
    if (told.has(HAS_DCCP_ROLE)) {
      changed |= held.dccpRole != told.dccpRole;
      held.dccpRole = told.dccpRole;
    }
    return changed;
  }

  private static boolean updateTcp(FlowEntry held, FlowEntry told) {
    boolean changed = false;
    if (told.has(HAS_SCALE_ORIGINAL)) {
      changed = held.scaleOriginal != told.scaleOriginal;
      held.scaleOriginal = told.scaleOriginal;
    }
    if (told.has(HAS_SCALE_REPLY)) {
      changed |= held.scaleReply != told.scaleReply;
      held.scaleReply = told.scaleReply;
    }
    if (told.has(HAS_TCP_FLAGS)) {
      int differing =
          held.tcpFlagsOriginal ^ told.tcpFlagsOriginal | held.tcpFlagsReply ^ told.tcpFlagsReply;
      changed |= (differing & LASTING_TCP_FLAGS) != 0;
      held.tcpFlagsOriginal = told.tcpFlagsOriginal;
      held.tcpFlagsReply = told.tcpFlagsReply;
    }
    return changed;
  }

  private static boolean updateExtensions(FlowEntry held, FlowEntry told) {
    boolean changed = updateSequenceAdjustment(held, told);
    if (told.has(HAS_VTAG_ORIGINAL)) {
      changed |= held.vtagOriginal != told.vtagOriginal;
      held.vtagOriginal = told.vtagOriginal;
    }
    if (told.has(HAS_VTAG_REPLY)) {
      changed |= held.vtagReply != told.vtagReply;
      held.vtagReply = told.vtagReply;
    }
    if (told.has(HAS_HELPER)) {
      changed |= !held.helper.sameAs(told.helper);
      held.helper.copyFrom(told.helper);
    }
    if (told.has(HAS_LABELS)) {
      changed |= !Arrays.equals(held.labels, told.labels);
      System.arraycopy(told.labels, 0, held.labels, 0, FlowEntry.LABEL_WORDS);
      held.labelWords = told.labelWords;
    }
    if (told.has(HAS_SYNPROXY)) {
      changed |=
          held.synproxyIsn != told.synproxyIsn
              || held.synproxyIts != told.synproxyIts
              || held.synproxyTsoff != told.synproxyTsoff;
      held.synproxyIsn = told.synproxyIsn;
      held.synproxyIts = told.synproxyIts;
      held.synproxyTsoff = told.synproxyTsoff;
    }
    if (told.has(HAS_MASTER)) {
      changed |= !held.master.sameAs(told.master);
      held.master.copyFrom(told.master);
    }
    return changed;
  }

  private static boolean updateSequenceAdjustment(FlowEntry held, FlowEntry told) {
    boolean changed = false;
    if (told.has(HAS_SEQ_ORIGINAL)) {
      changed = !sameSequenceOriginal(held, told);
      held.seqPositionOriginal = told.seqPositionOriginal;
      held.seqBeforeOriginal = told.seqBeforeOriginal;
      held.seqAfterOriginal = told.seqAfterOriginal;
    }
    if (told.has(HAS_SEQ_REPLY)) {
      changed |= !sameSequenceReply(held, told);
      held.seqPositionReply = told.seqPositionReply;
      held.seqBeforeReply = told.seqBeforeReply;
      held.seqAfterReply = told.seqAfterReply;
    }
    return changed;
  }
}
