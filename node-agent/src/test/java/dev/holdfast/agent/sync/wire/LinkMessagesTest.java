package dev.holdfast.agent.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("Messages of the link")
class LinkMessagesTest {
  private static final RouterState STATE =
      new RouterState(
          LinkRole.ACTIVE,
          200,
          false,
          true,
          12,
          0x1122334455667788L,
          "1.2.3",
          "router-b",
          true,
          17,
          List.of("wan carrier"));

  private static final Hello HELLO =
      new Hello(
          "router-a",
          "1.2.3",
          3781,
          List.of(
              new Hello.Attachment(
                  "direct",
                  List.of(IpAddress.parse("192.168.100.1"), IpAddress.parse("fe80::1")),
                  List.of()),
              new Hello.Attachment(
                  "lan",
                  List.of(IpAddress.parse("192.168.0.1")),
                  List.of(IpAddress.parse("192.168.0.1")))));

  private final ByteBuffer buffer = ByteBuffer.allocate(4_096);
  private final LinkFields messages = new LinkFields();
  private final LinkFields scratch = new LinkFields();

  private LinkFields written() {
    buffer.flip();
    LinkFields fields = messages.over(buffer, 0, buffer.limit());
    assertThat(fields.next()).isTrue();
    return fields;
  }

  @Nested
  @DisplayName("there and back")
  class ThereAndBack {
    @Test
    void aHeartbeat() {
      Heartbeat.write(buffer, true, 20_000, 77, 66, Heartbeat.encode(STATE));
      Heartbeat heartbeat = new Heartbeat();

      assertThat(heartbeat.read(written(), scratch, buffer)).isNull();
      assertThat(heartbeat.hearing).isTrue();
      assertThat(heartbeat.intervalMicros).isEqualTo(20_000);
      assertThat(heartbeat.newestPosition).isEqualTo(77);
      assertThat(heartbeat.peerHoldsPosition).isEqualTo(66);
      assertThat(heartbeat.state()).isEqualTo(STATE);
    }

    @Test
    void anUnchangedStateIsNotReadAnew() {
      Heartbeat heartbeat = new Heartbeat();
      Heartbeat.write(buffer, true, 20_000, 1, 1, Heartbeat.encode(STATE));
      assertThat(heartbeat.read(written(), scratch, buffer)).isNull();
      RouterState first = heartbeat.state();
      assertThat(heartbeat.read(messages, scratch, buffer)).isNull();

      assertThat(heartbeat.state()).isSameAs(first);
    }

    @Test
    void framesThatWereReceivedAndThoseThatWereNot() {
      FlowsReceived out = new FlowsReceived();
      Random random = new Random(4);
      boolean[] accepted = new boolean[3_000];
      out.begin(5);
      for (int frame = 1; frame < accepted.length; frame++) {
        if (random.nextInt(3) > 0) {
          accepted[frame] = true;
          out.advance(frame);
        }
      }
      out.write(buffer);
      FlowsReceived in = new FlowsReceived();

      assertThat(in.read(written(), scratch, buffer)).isNull();
      assertThat(in.stream).isEqualTo(5);
      for (long frame = in.last; frame > in.last - FlowsReceived.BITS; frame--) {
        assertThat(in.accepted(frame)).as("frame %d", frame).isEqualTo(accepted[(int) frame]);
      }
      assertThat(in.accepted(in.last + 1)).isFalse();
      assertThat(in.accepted(in.last - FlowsReceived.BITS)).isFalse();
    }

    @Test
    void aHello() {
      HELLO.write(buffer);

      assertThat(Hello.read(written())).isEqualTo(new Hello.Read.Ok(HELLO));
    }

    @Test
    void aHandover() {
      var message = new HandoverMessage(HandoverMessage.Step.GO, 42, "router-b", "cordoned");
      message.write(buffer);

      assertThat(HandoverMessage.read(written(), scratch))
          .isEqualTo(new HandoverMessage.Read.Ok(message));
    }

    @Test
    void textsAreCutBetweenCharacters() {
      String umlauts = "ü".repeat(300);
      new HandoverMessage(HandoverMessage.Step.REFUSE, 1, "", umlauts).write(buffer);

      var read = (HandoverMessage.Read.Ok) HandoverMessage.read(written(), scratch);
      assertThat(read.message().reason()).isEqualTo("ü".repeat(100));
    }
  }

  @Nested
  @DisplayName("with an earlier Holdfast")
  class Earlier {
    @Test
    void itUnderstandsWhatItKnewAndStepsOverTheRest() {
      Heartbeat.write(buffer, true, 20_000, 77, 66, Heartbeat.encode(STATE));
      FlowsReceived received = new FlowsReceived();
      received.begin(5);
      received.advance(1);
      received.advance(3);
      received.again = 5;
      received.write(buffer);
      new HandoverMessage(HandoverMessage.Step.GO, 1, "router-b", "because").write(buffer);
      Marker.write(buffer, LinkMessageType.BARRIER, 9);

      assertThat(FrozenLinkCodec.read(buffer.flip()))
          .containsEntry("hearing", "1")
          .containsEntry("interval", "20000")
          .containsEntry("newest", "77")
          .containsEntry("holds", "66")
          .containsEntry("role", "3")
          .containsEntry("priority", "200")
          .containsEntry("generation", "12")
          .containsEntry("stream", "5")
          .containsEntry("last", "3")
          .containsEntry("accepted", "5")
          .containsEntry("barrier", "9")
          .containsEntry("skipped", "8");
    }

    @Test
    void weUnderstandItAndTakeForUnknownWhatItDidNotSay() {
      FrozenLinkCodec.writeHeartbeat(buffer, 2, 150, 10, 9);
      Heartbeat heartbeat = new Heartbeat();

      assertThat(heartbeat.read(written(), scratch, buffer)).isNull();
      assertThat(heartbeat.state())
          .isEqualTo(
              new RouterState(
                  LinkRole.BACKUP, 150, false, true, 4, 0, "0.0.9", "", false, 0, List.of()));
    }

    @Test
    void itsAnswersAboutFramesAreOurs() {
      FrozenLinkCodec.writeReceived(buffer, 3, 9, 0b1011);
      FlowsReceived received = new FlowsReceived();

      assertThat(received.read(written(), scratch, buffer)).isNull();
      assertThat(received.accepted(9)).isTrue();
      assertThat(received.accepted(7)).isFalse();
      assertThat(received.again).isZero();
    }
  }

  @Nested
  @DisplayName("with a later Holdfast")
  class Later {
    @Test
    void unknownFieldsAreSteppedOver() {
      int message = LinkFields.open(buffer, LinkMessageType.HEARTBEAT);
      LinkFields.putText(buffer, 900, "something new");
      LinkFields.put8(buffer, 1, 1);
      LinkFields.put32(buffer, 2, 20_000);
      int state = LinkFields.open(buffer, 5);
      LinkFields.put8(buffer, 1, 99);
      LinkFields.put64(buffer, 77, 1);
      LinkFields.close(buffer, state);
      LinkFields.close(buffer, message);
      Heartbeat heartbeat = new Heartbeat();

      assertThat(heartbeat.read(written(), scratch, buffer)).isNull();
      assertThat(heartbeat.state().role()).isEqualTo(LinkRole.UNKNOWN);
    }

    @Test
    void aLongerHeadOfAFrameIsSteppedOver() {
      int message = LinkFields.open(buffer, LinkMessageType.FLOWS);
      buffer.putShort((short) 20).putInt(3).putLong(8).put(new byte[6]).putInt(0x1a100008);
      LinkFields.close(buffer, message);
      FlowsFrame frame = new FlowsFrame();

      assertThat(frame.read(written(), buffer)).isNull();
      assertThat(buffer.getInt(frame.messagesAt)).isEqualTo(0x1a100008);
    }

    @Test
    void anUnknownStepOfAHandoverIsNoMistake() {
      int message = LinkFields.open(buffer, LinkMessageType.HANDOVER);
      LinkFields.put8(buffer, 1, 200);
      LinkFields.close(buffer, message);

      assertThat(HandoverMessage.read(written(), scratch))
          .isEqualTo(new HandoverMessage.Read.UnknownStep(200));
    }

    @Test
    void theHighestCommonVersionIsSpokenAndNoneIsNamed() {
      assertThat(new Opening(1, 1, 3).commonWith(new Opening(2, 2, 5))).isEqualTo(3);
      assertThat(new Opening(1, 1, 1).commonWith(new Opening(2, 1, 9))).isEqualTo(1);
      assertThat(new Opening(1, 1, 1).commonWith(new Opening(2, 2, 9))).isZero();
    }
  }

  @Nested
  @DisplayName("malformed")
  class Malformed {
    @Test
    void aPieceThatPassesTheEndIsNamed() {
      buffer.putShort((short) LinkMessageType.HEARTBEAT).putShort((short) 3).put(new byte[3]);
      Heartbeat heartbeat = new Heartbeat();

      assertThat(heartbeat.read(written(), scratch, buffer))
          .isEqualTo(LinkDropReason.MALFORMED_MESSAGE);
    }

    @Test
    void aHelloWithAnAddressThatNobodyHasIsNamed() {
      for (String address : List.of("224.0.0.18", "0.0.0.0", "127.0.0.1", "ff02::1", "::")) {
        buffer.clear();
        new Hello(
                "router-a",
                "1",
                1,
                List.of(new Hello.Attachment("lan", List.of(IpAddress.parse(address)), List.of())))
            .write(buffer);
        assertThat(Hello.read(written()))
            .as(address)
            .isEqualTo(new Hello.Read.Dropped(LinkDropReason.MALFORMED_FIELD));
      }
    }

    @Test
    void bytesThatAreNoTextAreNamed() {
      int message = LinkFields.open(buffer, LinkMessageType.IDENTITY);
      LinkFields.putBytes(buffer, 1, new byte[] {(byte) 0xff, (byte) 0xfe});
      LinkFields.close(buffer, message);

      assertThat(Hello.read(written()))
          .isEqualTo(new Hello.Read.Dropped(LinkDropReason.MALFORMED_FIELD));
    }

    /** Good messages with bytes changed, cut and appended: read or named, and never a throw. */
    @Test
    void anythingAtAllIsReadOrNamed() {
      Random random = new Random(23);
      Heartbeat.write(buffer, true, 20_000, 77, 66, Heartbeat.encode(STATE));
      FlowsReceived received = new FlowsReceived();
      received.begin(2);
      received.advance(300);
      received.write(buffer);
      HELLO.write(buffer);
      new HandoverMessage(HandoverMessage.Step.GO, 1, "b", "c").write(buffer);
      Marker.write(buffer, LinkMessageType.BARRIER, 5);
      int flows = FlowsFrame.open(buffer, 1, 2);
      buffer.put("conntrackd".getBytes(StandardCharsets.US_ASCII));
      LinkFields.close(buffer, flows);
      byte[] good = new byte[buffer.position()];
      buffer.get(0, good);
      int named = 0;
      for (int i = 0; i < 60_000; i++) {
        byte[] bytes = good.clone();
        for (int n = 1 + random.nextInt(6); n > 0; n--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        int length = random.nextInt(5) == 0 ? random.nextInt(bytes.length) : bytes.length;
        named += readAll(ByteBuffer.wrap(bytes, 0, length));
      }
      assertThat(named).isPositive();
    }

    private int readAll(ByteBuffer bytes) {
      int named = 0;
      LinkFields all = messages.over(bytes, 0, bytes.limit());
      while (all.next()) {
        boolean good =
            switch (all.number()) {
              case LinkMessageType.HEARTBEAT -> new Heartbeat().read(all, scratch, bytes) == null;
              case LinkMessageType.FLOWS -> new FlowsFrame().read(all, bytes) == null;
              case LinkMessageType.FLOWS_RECEIVED ->
                  new FlowsReceived().read(all, scratch, bytes) == null;
              case LinkMessageType.IDENTITY -> Hello.read(all) instanceof Hello.Read.Ok;
              case LinkMessageType.HANDOVER ->
                  HandoverMessage.read(all, scratch) instanceof HandoverMessage.Read.Ok;
              default -> new Marker().read(all, scratch) == null;
            };
        named += good ? 0 : 1;
      }
      Opening.read(bytes);
      return named + (all.malformed() ? 1 : 0);
    }
  }
}
