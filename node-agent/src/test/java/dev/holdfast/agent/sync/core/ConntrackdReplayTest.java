package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.Captures;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Our machine in the place of one of the two daemons of a capture: it is given, at the same
 * moments, what that daemon received and what happened to its flows, and must say the same, byte
 * for byte.
 */
@DisplayName("FTFW and NOTRACK beside real conntrackd 1.4.7")
class ConntrackdReplayTest {
  private static final String NODE_1 = "192.168.100.1";
  private static final String NODE_2 = "192.168.100.2";
  private static final int FLOW_MESSAGES_OF_BASIC = 56;
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;

  /** No daemon of these captures answered faster; what comes closer was on its way already. */
  private static final long ANSWER_NANOS = 24_000;

  /** A timer of a real daemon is that late at most. */
  private static final long LATE_NANOS = 20 * MILLI;

  private final ConntrackdCodec codec = new ConntrackdCodec(Dialect.CONNTRACKD);
  private final ModelFlows ours = new ModelFlows();
  private final ModelPeerFlows theirs = new ModelPeerFlows();
  private final Map<String, String> present = new HashMap<>();
  private final List<String> expected = new ArrayList<>();
  private final List<String> said = new ArrayList<>();
  private long now;

  /** Messages of a datagram as hexadecimal text. */
  private List<String> messages(ByteBuffer datagram) {
    List<String> messages = new ArrayList<>();
    ByteBuffer copy = datagram.duplicate();
    SyncMessage message = new SyncMessage();
    while (copy.hasRemaining()) {
      int start = copy.position();
      assertThat(codec.next(copy, message)).isNull();
      byte[] bytes = new byte[message.length];
      copy.get(start, bytes);
      messages.add(HexFormat.of().formatHex(bytes));
    }
    return messages;
  }

  /**
   * What the daemon tells of its flows happened to ours just before; what it only repeats (asked by
   * a NACK or a RESYNC) did not happen again.
   */
  private void happens(ByteBuffer datagram) {
    ByteBuffer copy = datagram.duplicate();
    SyncMessage message = new SyncMessage();
    while (copy.hasRemaining()) {
      assertThat(codec.next(copy, message)).isNull();
      if (!message.isControl()) {
        byte[] body = new byte[message.length - SyncMessage.HEADER_BYTES];
        copy.get(message.bodyStart, body);
        String key = message.type / 3 + key(body);
        String state = message.type + HexFormat.of().formatHex(body);
        if (!state.equals(present.put(key, state))) {
          ours.set(key, message.type, body);
        }
      }
    }
  }

  /** The attributes that tell flows apart: addresses, protocol, ports, ICMP. */
  private static String key(byte[] body) {
    StringBuilder key = new StringBuilder();
    ByteBuffer attributes = ByteBuffer.wrap(body);
    while (attributes.remaining() > 4) {
      int start = attributes.position();
      int length = attributes.getShort(start) & 0xffff;
      int id = attributes.getShort(start + 2);
      if (id <= 3 || id >= 22 && id <= 24) {
        key.append(HexFormat.of().formatHex(body, start, start + length));
      }
      attributes.position(Math.min(body.length, start + (length + 3) / 4 * 4));
    }
    return key.toString();
  }

  private FtfwMachine machine(int window, boolean resync, int firstSequence) {
    return new FtfwMachine(
        new FtfwMachine.Config(window, 1 << 17, 1472, 10_000, resync, false),
        ours,
        theirs,
        0,
        codec,
        firstSequence,
        now);
  }

  /** The daemon was just started: its first word is its idle timer's, or a resync at once. */
  private FtfwMachine started(List<Captures.Datagram> capture, String self, int window) {
    Captures.Datagram first = firstOf(capture, self);
    boolean resync = (first.payload().get(1) & SyncMessage.RESYNC) != 0;
    now = resync ? first.atNanos() : first.atNanos() - SECOND;
    return machine(window, resync, first.payload().getInt(4));
  }

  private NotrackMachine startedNotrack(List<Captures.Datagram> capture, String self) {
    Captures.Datagram first = firstOf(capture, self);
    now = first.atNanos() - SECOND;
    return new NotrackMachine(
        new NotrackMachine.Config(1472, 10_000, false, false),
        ours,
        theirs,
        0,
        codec,
        first.payload().getInt(4),
        now);
  }

  /** The daemon has been running: it has greeted, and has just acknowledged all but one message. */
  private FtfwMachine running(List<Captures.Datagram> capture, String self, int window) {
    Captures.Datagram first = firstOf(capture, self);
    now = first.atNanos() - 2 * SECOND;
    FtfwMachine machine = machine(window, false, first.payload().getInt(4) - 1);
    // Its first message of the capture acknowledges the peer's last one before it.
    int last = first.payload().getInt(12);
    control(machine, SyncMessage.ALIVE | SyncMessage.HELLO, last - 1);
    now += SECOND;
    machine.fill(_ -> {}, now);
    if (capture.getFirst().frame() == first.frame()) {
      control(machine, SyncMessage.ALIVE | SyncMessage.HELLO_BACK, last);
    } else {
      control(machine, SyncMessage.ALIVE | SyncMessage.HELLO_BACK, last - 1);
      Captures.Datagram before = capture.getFirst();
      assertThat(before.payload().getInt(4)).isEqualTo(last);
    }
    return machine;
  }

  private void control(FtfwMachine machine, int flags, int sequence) {
    ByteBuffer datagram = ByteBuffer.allocate(8);
    datagram.put((byte) 0x1a).put((byte) flags).putShort((short) 8).putInt(sequence).flip();
    machine.received(datagram, now);
  }

  private static Captures.Datagram firstOf(List<Captures.Datagram> capture, String self) {
    return capture.stream().filter(d -> d.sender().equals(self)).findFirst().orElseThrow();
  }

  /**
   * Plays a stretch of a capture.
   *
   * @param self whose place our machine takes
   * @param lost frames that never reached it
   */
  private void play(
      ConntrackdMachine machine, List<Captures.Datagram> capture, String self, Set<Integer> lost) {
    List<Captures.Datagram> events = new ArrayList<>();
    for (Captures.Datagram d : capture) {
      long at = d.sender().equals(self) ? d.atNanos() : d.atNanos() + ANSWER_NANOS;
      if (at - now >= 0 && !lost.contains(d.frame())) {
        events.add(new Captures.Datagram(d.frame(), at, d.sender(), d.payload()));
      }
    }
    events.sort(Comparator.comparingLong(Captures.Datagram::atNanos));
    DatagramSink sink = d -> said.addAll(messages(d));
    for (Captures.Datagram event : events) {
      while (machine.deadlineNanos() + LATE_NANOS - event.atNanos() < 0) {
        now = machine.deadlineNanos();
        machine.fill(sink, now);
      }
      now = event.atNanos();
      if (event.sender().equals(self)) {
        expected.addAll(messages(event.payload()));
        happens(event.payload());
        if (isResync(event) && event.frame() != events.getFirst().frame()) {
          // Somebody said `conntrackd -n`.
          machine.requestEverything();
        }
        if (machine.deadlineNanos() - LATE_NANOS - now < 0) {
          now = Math.max(now, machine.deadlineNanos());
        }
      } else {
        machine.received(event.payload().duplicate(), now);
      }
      machine.fill(sink, now);
    }
  }

  private static boolean isResync(Captures.Datagram datagram) {
    return (datagram.payload().get(0) & 0x0f) == SyncMessage.CONTROL
        && (datagram.payload().get(1) & SyncMessage.RESYNC) != 0;
  }

  private static List<Captures.Datagram> frames(String name, int from, int to) {
    return Captures.datagrams(name).stream()
        .filter(d -> d.frame() >= from && d.frame() <= to)
        .toList();
  }

  @Test
  void theReceiverOfBasicAcknowledgesByWindowAndByTimer() {
    // In the last two frames a message and the timer cross: nobody knows which was first.
    List<Captures.Datagram> capture = frames("ftfw-basic", 1, 67);

    play(started(capture, NODE_2, 20), capture, NODE_2, Set.of());

    assertThat(said).isEqualTo(expected).hasSize(13);
    assertThat(theirs.applied).hasSize(FLOW_MESSAGES_OF_BASIC);
  }

  @Test
  void theSenderOfBasicGreetsAndTellsEveryChange() {
    List<Captures.Datagram> capture = frames("ftfw-basic", 1, 69);

    play(started(capture, NODE_1, 20), capture, NODE_1, Set.of());

    assertThat(said).isEqualTo(expected).hasSize(67);
  }

  @Test
  void theReceiverOfNackAsksForExactlyWhatWasLost() {
    List<Captures.Datagram> capture = frames("ftfw-nack", 1, 34);

    play(running(capture, NODE_2, 20), capture, NODE_2, Set.of(7, 12, 17, 22));

    assertThat(said).isEqualTo(expected).hasSize(14);
  }

  @Test
  void theSenderOfNackRepeatsUnderNewNumbersWhatWasLost() {
    List<Captures.Datagram> capture = frames("ftfw-nack", 1, 34);

    play(running(capture, NODE_1, 20), capture, NODE_1, Set.of());

    assertThat(said).isEqualTo(expected).hasSize(24);
  }

  @Test
  void theReceiverOfABulkAcknowledgesEveryTenthMessage() {
    List<Captures.Datagram> capture = frames("ftfw-bulk", 1, 146);

    play(started(capture, NODE_2, 10), capture, NODE_2, Set.of());

    assertThat(said).isEqualTo(expected).hasSizeGreaterThan(15);
  }

  @Test
  void theDaemonThatRestartsAsksForEverythingAndGreets() {
    List<Captures.Datagram> capture = frames("ftfw-restart", 8, 27);

    play(started(capture, NODE_2, 20), capture, NODE_2, Set.of());

    assertThat(said).isEqualTo(expected).hasSize(8);
  }

  @Test
  void theDaemonThatRestartsSaysHelloOnFlowsUntilItIsAnswered() {
    List<Captures.Datagram> capture = frames("ftfw-restart", 17, 27);

    play(started(capture, NODE_1, 20), capture, NODE_1, Set.of());

    assertThat(said).isEqualTo(expected).hasSize(8);
  }

  @Test
  void theDaemonThatStaysBelievesALowerNumberAndTellsEverything() {
    List<Captures.Datagram> capture = frames("ftfw-restart", 1, 15);
    FtfwMachine machine = running(capture, NODE_1, 20);
    // What it knew from before the capture began, as it tells it in frame 9.
    happens(frames("ftfw-restart", 9, 9).getFirst().payload());
    machine.fill(_ -> {}, now);

    play(machine, capture, NODE_1, Set.of());

    // The same messages; a bulk has no order, and we took numbers for what was known before.
    assertThat(withoutSequence(said))
        .containsExactlyInAnyOrderElementsOf(withoutSequence(expected));
    assertThat(said.stream().filter(m -> m.startsWith("1140"))).as("says HELLO_BACK").hasSize(1);
  }

  private static List<String> withoutSequence(List<String> messages) {
    return messages.stream().map(m -> m.substring(0, 8) + m.substring(16)).toList();
  }

  @Test
  void theReceiverOfNotrackSaysOnlyThatItLivesAndAsksWhenToldTo() {
    List<Captures.Datagram> capture = frames("notrack-mcast", 1, 31);

    play(startedNotrack(capture, NODE_2), capture, NODE_2, Set.of());

    assertThat(said).isEqualTo(expected).hasSize(6);
    assertThat(theirs.applied).hasSize(25);
  }

  @Test
  void theSenderOfNotrackTellsEveryChange() {
    List<Captures.Datagram> capture = frames("notrack-mcast", 1, 24);

    play(startedNotrack(capture, NODE_1), capture, NODE_1, Set.of());

    assertThat(said).isEqualTo(expected).hasSize(22);
  }

  @Test
  void theSenderOfNotrackAnswersAResyncWithEverything() {
    List<Captures.Datagram> capture = frames("notrack-mcast", 1, 31);

    play(startedNotrack(capture, NODE_1), capture, NODE_1, Set.of());

    assertThat(withoutSequence(said))
        .containsExactlyInAnyOrderElementsOf(withoutSequence(expected));
  }
}
