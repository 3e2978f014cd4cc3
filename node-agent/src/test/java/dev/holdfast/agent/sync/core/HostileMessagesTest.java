package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.Captures;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Captured datagrams with bytes changed, cut and repeated: counted, and never a throw. */
@DisplayName("Hostile datagrams at the conntrackd machines")
class HostileMessagesTest {
  private static final int ROUNDS = 4_000;

  @ParameterizedTest
  @ValueSource(strings = {"ftfw-basic", "ftfw-nack", "ftfw-restart", "notrack-mcast"})
  void areCountedAndBounded(String capture) {
    Random random = new Random(24);
    List<Captures.Datagram> good = Captures.datagrams(capture);
    ModelFlows ours = new ModelFlows();
    for (int i = 0; i < 50; i++) {
      ours.change("f" + i, new byte[16]);
    }
    ConntrackdCodec codec = new ConntrackdCodec(Dialect.CONNTRACKD);
    List<ConntrackdMachine> machines =
        List.of(
            new FtfwMachine(FtfwMachine.Config.DEFAULT, ours, new ModelPeerFlows(), 0, codec, 1, 0),
            new NotrackMachine(
                NotrackMachine.Config.DEFAULT, ours, new ModelPeerFlows(), 0, codec, 1, 0));
    for (ConntrackdMachine machine : machines) {
      int[] sent = {0};
      for (int i = 0; i < ROUNDS; i++) {
        machine.received(mutated(good, random), i * 1_000L);
        sent[0] = 0;
        machine.fill(_ -> sent[0]++, i * 1_000L);
        assertThat(sent[0]).isLessThanOrEqualTo(17);
      }
      assertThat(machine.counters().drops.total()).isPositive();
    }
  }

  private static ByteBuffer mutated(List<Captures.Datagram> good, Random random) {
    ByteBuffer payload = good.get(random.nextInt(good.size())).payload().duplicate();
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    for (int n = random.nextInt(5); n > 0; n--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    int length = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : bytes.length;
    return ByteBuffer.wrap(bytes, 0, length);
  }
}
