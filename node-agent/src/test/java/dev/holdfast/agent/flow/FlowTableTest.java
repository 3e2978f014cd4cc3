package dev.holdfast.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("The flow table")
class FlowTableTest {
  private static final int PEER = 1;
  private static final int OTHER_PEER = 2;

  private final FlowTable table = table(1000, 100);
  private final FlowEntry found = new FlowEntry();

  private static FlowTable table(int entriesMax, int tombstonesMax) {
    return new FlowTable(FlowMemory.onHeap(), 0x5eed, entriesMax, tombstonesMax);
  }

  private static FlowEntry flow(int number) {
    return Flows.tcp("192.168.0.50", number, "198.51.100.7", 443);
  }

  private Stored born(FlowEntry flow) {
    return table.store(FlowTable.OURS, Telling.BORN, flow, true, 10);
  }

  private Stored updated(FlowEntry flow) {
    return table.store(FlowTable.OURS, Telling.UPDATED, flow, true, 20);
  }

  private FlowEntry read(FlowEntry key) {
    table.read(table.find(key.original, key.zone), found);
    return found;
  }

  @Nested
  @DisplayName("holds a flow")
  class Holding {

    @Test
    void andGivesBackEveryAttribute() {
      FlowEntry flow = everything();

      born(flow);

      assertThat(read(flow)).usingRecursiveComparison().isEqualTo(flow);
    }

    @Test
    void ofIpv6InEveryAttributeToo() {
      FlowEntry flow = Flows.tcp("2001:db8::50", 40000, "2001:db8:1::7", 443);
      Flows.translateSource(flow, "2001:db8:ffff::10", 1024);
      Flows.tuple(flow.master, IpProtocol.TCP, "2001:db8::50", "2001:db8:1::8");
      flow.master.ports(3, 21);
      flow.has |= FlowEntry.HAS_MASTER;

      born(flow);

      assertThat(read(flow)).usingRecursiveComparison().isEqualTo(flow);
    }

    @Test
    void ofSctpWithItsTags() {
      FlowEntry flow = Flows.udp("192.168.0.50", 1, "198.51.100.7", 2);
      flow.original.protocol = IpProtocol.SCTP;
      flow.reply.protocol = IpProtocol.SCTP;
      flow.state = 4;
      flow.vtagOriginal = 0x11223344;
      flow.vtagReply = 0x55667788;
      flow.has |= FlowEntry.HAS_SCTP_STATE | FlowEntry.HAS_VTAG_ORIGINAL | FlowEntry.HAS_VTAG_REPLY;

      born(flow);

      assertThat(read(flow)).usingRecursiveComparison().isEqualTo(flow);
    }

    @Test
    void ofDccpWithItsRole() {
      FlowEntry flow = Flows.udp("192.168.0.50", 1, "198.51.100.7", 2);
      flow.original.protocol = IpProtocol.DCCP;
      flow.reply.protocol = IpProtocol.DCCP;
      flow.state = 3;
      flow.dccpRole = 1;
      flow.has |= FlowEntry.HAS_DCCP_STATE | FlowEntry.HAS_DCCP_ROLE;

      born(flow);

      assertThat(read(flow)).usingRecursiveComparison().isEqualTo(flow);
    }

    @Test
    void apartFromOneThatDiffersInZoneOnly() {
      FlowEntry flow = flow(1);
      FlowEntry inZone = flow(1);
      inZone.zone = 7;

      assertThat(born(flow)).isEqualTo(Stored.INSERTED);
      assertThat(born(inZone)).isEqualTo(Stored.INSERTED);

      assertThat(table.count(FlowTable.OURS)).isEqualTo(2);
    }

    @Test
    void apartFromAnExpectationOfTheSameTuple() {
      ExpectEntry expectation = Flows.expectation(50302);
      FlowEntry flow = new FlowEntry();
      flow.original.copyFrom(expectation.expected);
      flow.reply.invert(flow.original);

      born(flow);
      table.store(FlowTable.OURS, Telling.BORN, expectation, true, 10);

      assertThat(table.isExpectation(table.find(flow.original, 0))).isFalse();
      assertThat(table.isExpectation(table.findExpectation(flow.original, 0))).isTrue();
      assertThat(table.expectations()).isEqualTo(1);
    }

    @Test
    void andAnExpectationWithEveryAttribute() {
      ExpectEntry expectation = Flows.expectation(50302);
      var into = new ExpectEntry();

      table.store(FlowTable.OURS, Telling.BORN, expectation, true, 10);
      table.read(table.lastHandle(), into);

      assertThat(into).usingRecursiveComparison().isEqualTo(expectation);
    }

    private static FlowEntry everything() {
      FlowEntry flow = Flows.tcp("192.168.0.50", 40000, "198.51.100.7", 443);
      Flows.translateSource(flow, "10.0.0.10", 1024);
      flow.mark = 0xcafe_f00d;
      flow.zone = 65_535;
      flow.scaleOriginal = 14;
      flow.scaleReply = 7;
      flow.tcpFlagsOriginal = 0xff;
      flow.tcpFlagsReply = 0x23;
      flow.seqPositionOriginal = 1;
      flow.seqBeforeOriginal = -2;
      flow.seqAfterOriginal = 3;
      flow.seqPositionReply = 4;
      flow.seqBeforeReply = 5;
      flow.seqAfterReply = -6;
      flow.helper.set("netbios-ns-1234");
      flow.labels[0] = 0x20;
      flow.labels[3] = 1 << 31;
      flow.labelWords = 4;
      flow.synproxyIsn = 7;
      flow.synproxyIts = 8;
      flow.synproxyTsoff = 9;
      flow.kernelId = 0x8000_0001;
      Flows.tuple(flow.master, IpProtocol.TCP, "192.168.0.50", "198.51.100.8");
      flow.master.ports(3, 21);
      flow.has |=
          FlowEntry.HAS_MARK
              | FlowEntry.HAS_SCALE_ORIGINAL
              | FlowEntry.HAS_SCALE_REPLY
              | FlowEntry.HAS_TCP_FLAGS
              | FlowEntry.HAS_SEQ_ORIGINAL
              | FlowEntry.HAS_SEQ_REPLY
              | FlowEntry.HAS_HELPER
              | FlowEntry.HAS_LABELS
              | FlowEntry.HAS_SYNPROXY
              | FlowEntry.HAS_MASTER
              | FlowEntry.HAS_ID;
      return flow;
    }
  }

  @Nested
  @DisplayName("hears of a flow")
  class Hearing {

    @Test
    void anUpdateKeepsWhatItDoesNotSay() {
      FlowEntry flow = Flows.translateSource(flow(1), "10.0.0.10", 1024);
      flow.mark = 5;
      flow.has |= FlowEntry.HAS_MARK;
      born(flow);
      FlowEntry update = flow(1);
      update.has = FlowEntry.HAS_TCP_STATE;
      update.state = 4;

      assertThat(updated(update)).isEqualTo(Stored.CHANGED);

      assertThat(read(flow).state).isEqualTo(4);
      assertThat(found.mark).isEqualTo(5);
      assertThat(found.reply.sameAs(flow.reply)).isTrue();
      assertThat(found.has(FlowEntry.HAS_SOURCE_NAT)).isTrue();
    }

    @Test
    void aBirthForgetsWhatWasBefore() {
      FlowEntry flow = flow(1);
      flow.mark = 5;
      flow.has |= FlowEntry.HAS_MARK;
      born(flow);

      assertThat(born(flow(1))).isEqualTo(Stored.CHANGED);

      assertThat(read(flow).mark).isZero();
      assertThat(table.hasGrown(table.lastHandle())).isFalse();
    }

    @Test
    void anotherTimeoutAloneIsNoNews() {
      born(flow(1));
      long position = table.ours().newestPosition();
      FlowEntry later = flow(1);
      later.timeoutSeconds = 77;

      assertThat(updated(later)).isEqualTo(Stored.REFRESHED);

      assertThat(table.ours().newestPosition()).isEqualTo(position);
      assertThat(read(later).timeoutSeconds).isEqualTo(77);
      assertThat(table.toldAtSeconds(table.find(later.original, 0))).isEqualTo(20);
    }

    @Test
    void aDumpThatSpellsOutZerosIsNoNews() {
      born(flow(1));
      FlowEntry dumped = flow(1);
      dumped.has |= FlowEntry.HAS_MARK | FlowEntry.HAS_SYNPROXY | FlowEntry.HAS_SEQ_ORIGINAL;

      assertThat(table.store(FlowTable.OURS, Telling.SEEN, dumped, true, 10))
          .isEqualTo(Stored.REFRESHED);
    }

    @Test
    void tcpFlagsThatFollowTheTrafficAreNoNews() {
      FlowEntry flow = flow(1);
      flow.tcpFlagsOriginal = 0x03;
      flow.has |= FlowEntry.HAS_TCP_FLAGS;
      born(flow);
      flow.tcpFlagsOriginal = 0x33;

      assertThat(updated(flow)).isEqualTo(Stored.REFRESHED);
      flow.tcpFlagsOriginal = 0x0b;
      assertThat(updated(flow)).isEqualTo(Stored.CHANGED);
    }

    @Test
    void anUpdateOfAnUnknownFlowInsertsIt() {
      assertThat(updated(flow(1))).isEqualTo(Stored.INSERTED);
    }

    @Test
    void aWordOfAnotherOwnerCountsOnlyWhereItMayTakeOver() {
      born(flow(1));

      assertThat(table.store(PEER, Telling.BORN, flow(1), false, 10))
          .isEqualTo(Stored.HELD_BY_OTHER);
      assertThat(table.ownerOf(table.find(flow(1).original, 0))).isEqualTo(FlowTable.OURS);

      assertThat(table.store(PEER, Telling.BORN, flow(1), true, 10)).isEqualTo(Stored.CHANGED);
      assertThat(table.ownerOf(table.find(flow(1).original, 0))).isEqualTo(PEER);
      assertThat(table.ours().count()).isZero();
      assertThat(table.theirs().count()).isEqualTo(1);
      assertThat(table.count(FlowTable.OURS)).isZero();
      assertThat(table.count(PEER)).isEqualTo(1);
    }

    @Test
    void attributesOfAnotherProtocolAreForgotten() {
      FlowEntry flow = Flows.udp("192.168.0.50", 1, "198.51.100.7", 53);
      flow.state = 3;
      flow.has |= FlowEntry.HAS_TCP_STATE;

      born(flow);

      assertThat(read(flow).state).isZero();
      assertThat(found.has(FlowEntry.HAS_TCP_STATE)).isFalse();
    }
  }

  @Nested
  @DisplayName("ends a flow")
  class Ending {

    @Test
    void andKeepsATombstoneUntilItIsForgotten() {
      born(flow(1));
      int handle = table.lastHandle();

      assertThat(table.end(handle)).isTrue();

      assertThat(table.isEnded(handle)).isTrue();
      assertThat(table.count(FlowTable.OURS)).isZero();
      assertThat(table.used()).isEqualTo(1);
      table.ours().forgetEnded(table.position(handle));
      assertThat(table.used()).isZero();
      assertThat(table.find(flow(1).original, 0)).isEqualTo(FlowTable.NONE);
      assertThat(table.ours().forgottenPosition()).isEqualTo(2);
      assertThat(table.position(handle)).isZero();
    }

    @Test
    void onlyOnce() {
      born(flow(1));
      int handle = table.lastHandle();
      table.end(handle);

      assertThat(table.end(handle)).isFalse();
      assertThat(table.end(4711)).isFalse();
    }

    @Test
    void byTheWordOfAPeerInThatPeersLog() {
      born(flow(1));
      int handle = table.lastHandle();

      assertThat(table.end(handle, PEER)).isTrue();

      assertThat(table.ownerOf(handle)).isEqualTo(PEER);
      assertThat(table.ours().tombstones()).isZero();
      assertThat(table.theirs().tombstones()).isEqualTo(1);
      assertThat(table.count(FlowTable.OURS)).isZero();
      assertThat(table.count(PEER)).isZero();
    }

    @Test
    void thatMayBeBornAgain() {
      born(flow(1));
      int handle = table.lastHandle();
      table.end(handle);

      assertThat(updated(flow(1))).isEqualTo(Stored.INSERTED);

      assertThat(table.lastHandle()).isEqualTo(handle);
      assertThat(table.isLive(handle)).isTrue();
      assertThat(table.hasGrown(handle)).isFalse();
      assertThat(table.ours().tombstones()).isZero();
    }

    @Test
    void andTheTombstoneStillTellsWhichFlowItWas() {
      FlowEntry flow = Flows.translateSource(flow(1), "10.0.0.10", 1024);
      flow.kernelId = 99;
      flow.has |= FlowEntry.HAS_ID;
      born(flow);
      table.end(table.lastHandle());

      assertThat(read(flow).reply.sameAs(flow.reply)).isTrue();
      assertThat(found.has(FlowEntry.HAS_ID)).isFalse();
      assertThat(found.kernelId).isZero();
    }
  }

  @Nested
  @DisplayName("at its bound")
  class Bound {
    private final FlowTable small = table(10, 3);

    @Test
    void refusesWithAWordAndRemembersThatItIsNotComplete() {
      for (int i = 0; i < 10; i++) {
        assertThat(small.store(0, Telling.BORN, flow(i), true, 0)).isEqualTo(Stored.INSERTED);
      }

      assertThat(small.store(0, Telling.BORN, flow(10), true, 0)).isEqualTo(Stored.FULL);

      assertThat(small.refused()).isEqualTo(1);
      assertThat(small.overflowed()).isTrue();
      assertThat(small.lastHandle()).isEqualTo(FlowTable.NONE);
      assertThat(small.store(0, Telling.UPDATED, flow(3), true, 0)).isEqualTo(Stored.REFRESHED);
    }

    @Test
    void pushesOutTheOldestTombstoneFirst() {
      for (int i = 0; i < 10; i++) {
        small.store(0, Telling.BORN, flow(i), true, 0);
      }
      small.end(small.find(flow(4).original, 0));
      small.end(small.find(flow(2).original, 0));

      assertThat(small.store(0, Telling.BORN, flow(10), true, 0)).isEqualTo(Stored.INSERTED);

      assertThat(small.find(flow(4).original, 0)).isEqualTo(FlowTable.NONE);
      assertThat(small.ours().forgottenPosition()).isEqualTo(11);
      assertThat(small.overflowed()).isFalse();
    }

    @Test
    void keepsNoMoreTombstonesThanItMay() {
      for (int i = 0; i < 5; i++) {
        small.store(0, Telling.BORN, flow(i), true, 0);
        small.end(small.lastHandle());
      }

      assertThat(small.ours().tombstones()).isEqualTo(3);
      assertThat(small.ours().forgottenPosition()).isEqualTo(4);
    }

    @Test
    void helpersBeyondTheTwoHundredFiftyFifthAreLeftOffAndCounted() {
      FlowTable many = table(1000, 1);
      for (int i = 0; i < 300; i++) {
        FlowEntry flow = flow(i);
        flow.helper.set("helper-" + i);
        flow.has |= FlowEntry.HAS_HELPER;
        many.store(0, Telling.BORN, flow, true, 0);
      }

      assertThat(many.namesRefused()).isEqualTo(45);
      many.read(many.find(flow(254).original, 0), found);
      assertThat(found.helper).hasToString("helper-254");
      many.read(many.find(flow(255).original, 0), found);
      assertThat(found.helper.isEmpty()).isTrue();
    }
  }

  @Nested
  @DisplayName("changes hands")
  class Hands {

    @Test
    void aTakeoverAdoptsTheirsInPieces() {
      for (int i = 0; i < 5; i++) {
        table.store(i < 3 ? PEER : OTHER_PEER, Telling.BORN, flow(i), true, 0);
      }

      assertThat(table.adopt(4)).isEqualTo(4);
      assertThat(table.adopt(4)).isEqualTo(1);
      assertThat(table.adopt(4)).isZero();

      assertThat(table.count(FlowTable.OURS)).isEqualTo(5);
      assertThat(table.count(PEER)).isZero();
      assertThat(table.ours().count()).isEqualTo(5);
      assertThat(table.ours().newestPosition()).isEqualTo(5);
    }

    @Test
    void aTakeoverLeavesWhatHadEnded() {
      table.store(PEER, Telling.BORN, flow(1), true, 0);
      table.end(table.lastHandle());
      table.store(PEER, Telling.BORN, flow(2), true, 0);

      assertThat(table.adopt(10)).isEqualTo(1);

      assertThat(table.theirs().tombstones()).isEqualTo(1);
    }

    @Test
    void theCallersNoteIsAnotherOneAfterAChangeOfOwner() {
      table.store(PEER, Telling.BORN, flow(1), true, 0);
      int handle = table.lastHandle();
      table.setNote(handle, 17);
      table.tellAgain(handle);
      assertThat(table.note(handle)).isEqualTo(17);
      assertThat(table.countNoted(17)).isEqualTo(1);

      table.store(PEER + 1, Telling.BORN, flow(1), true, 0);

      assertThat(table.note(handle)).isEqualTo(FlowTable.MOVED);
      assertThat(table.countNoted(17)).isZero();
    }

    @Test
    void whatNobodyNotedHasNoNoteUnderAnotherPeersNameButWhatWasOursHas() {
      table.store(PEER, Telling.BORN, flow(1), true, 0);
      table.store(PEER + 1, Telling.BORN, flow(1), true, 0);
      assertThat(table.note(table.lastHandle())).isZero();

      born(flow(2));
      table.store(PEER, Telling.BORN, flow(2), true, 0);
      assertThat(table.note(table.lastHandle())).isEqualTo(FlowTable.MOVED);

      born(flow(3));
      int ended = table.lastHandle();
      table.end(ended, PEER);
      assertThat(table.note(ended)).isEqualTo(FlowTable.MOVED);
    }

    @Test
    void anEndKeepsTheNoteAndWhatIsBornAgainRemembersThatThereWasOne() {
      table.store(PEER, Telling.BORN, flow(1), true, 0);
      int handle = table.lastHandle();
      table.setNote(handle, 17);
      table.end(handle);
      assertThat(table.note(handle)).isEqualTo(17);
      assertThat(table.countNoted(17)).isZero();

      table.store(PEER, Telling.BORN, flow(1), true, 0);

      assertThat(table.note(table.lastHandle())).isEqualTo(FlowTable.MOVED);
      assertThat(table.countNoted(FlowTable.MOVED)).isEqualTo(1);
    }

    @Test
    void tombstonesAreGivenInTheOrderOfTheirEnds() {
      born(flow(1));
      int first = table.lastHandle();
      born(flow(2));
      int second = table.lastHandle();
      table.end(second);
      table.end(first);

      FlowLog log = table.ours();
      assertThat(log.nextTombstone(FlowLog.NONE)).isEqualTo(second);
      assertThat(log.nextTombstone(second)).isEqualTo(first);
      assertThat(log.nextTombstone(first)).isEqualTo(FlowLog.NONE);
    }
  }

  @Nested
  @DisplayName("sweeps")
  class Sweeping {

    @Test
    void whatWasNotSeenSinceTheSweepBegan() {
      for (int i = 0; i < 100; i++) {
        born(flow(i));
      }
      table.store(PEER, Telling.BORN, flow(500), true, 0);
      long before = table.ours().newestPosition();

      FlowTable.Sweep sweep = table.beginSweep(FlowTable.OURS);
      for (int i = 0; i < 100; i++) {
        if (i % 10 != 0) {
          table.store(FlowTable.OURS, Telling.SEEN, flow(i), true, 0);
        }
      }
      born(flow(200));
      while (!sweep.step(7)) {
        assertThat(sweep.ended()).isLessThanOrEqualTo(10);
      }

      assertThat(sweep.ended()).isEqualTo(10);
      assertThat(table.count(FlowTable.OURS)).isEqualTo(91);
      assertThat(table.count(PEER)).isEqualTo(1);
      assertThat(table.ours().newestPosition()).isEqualTo(before + 11);
    }

    @Test
    void aNewerSweepStopsAnOlderOne() {
      born(flow(1));
      FlowTable.Sweep older = table.beginSweep(FlowTable.OURS);
      FlowTable.Sweep newer = table.beginSweep(FlowTable.OURS);
      table.store(FlowTable.OURS, Telling.SEEN, flow(1), true, 0);

      assertThat(older.step(1000)).isTrue();
      assertThat(newer.step(1000)).isTrue();
      assertThat(older.ended() + newer.ended()).isZero();
    }
  }

  @Nested
  @DisplayName("can be walked over")
  class Walking {

    @Test
    void whileItGrowsAndShrinks() {
      for (int i = 0; i < 400; i++) {
        born(flow(i));
      }
      List<Integer> seen = new ArrayList<>();
      for (int handle = table.nextLive(FlowTable.NONE);
          handle != FlowTable.NONE;
          handle = table.nextLive(handle)) {
        table.read(handle, found);
        seen.add(found.original.sourcePort());
        if (seen.size() == 100) {
          for (int i = 0; i < 400; i += 40) {
            table.end(table.find(flow(i).original, 0));
            born(flow(1000 + i));
            born(Flows.tcp("2001:db8::1", i, "2001:db8::2", 443));
          }
        }
      }

      assertThat(seen).doesNotHaveDuplicates();
      var stayed = new HashSet<Integer>();
      for (int i = 0; i < 400; i++) {
        if (i % 40 != 0) {
          stayed.add(i);
        }
      }
      assertThat(seen).containsAll(stayed);
    }
  }
}
