package dev.holdfast.agent.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("How a file of flows begins")
class KeptHeaderTest {
  private static final KeptHeader HEADER =
      new KeptHeader(1_795_000_000L, "6e9a7c3e-7d0f-4b43-9d0b-4f7d5c7f2a11 1");
  private static final int VERSION_AT = 16;
  private static final int TIME_AT = 20;
  private static final int LIFE_AT = 28;

  private static ByteBuffer written() {
    ByteBuffer bytes = ByteBuffer.allocate(KeptHeader.BYTES);
    HEADER.write(bytes);
    return bytes.flip();
  }

  private static String refusal(ByteBuffer bytes) {
    return KeptHeader.read(bytes) instanceof KeptHeader.Read.Refused(String sentence)
        ? sentence
        : "";
  }

  @Test
  void isReadAsItWasWritten() {
    assertThat(written().remaining()).isEqualTo(KeptHeader.BYTES);
    assertThat(KeptHeader.read(written())).isEqualTo(new KeptHeader.Read.Ok(HEADER));
  }

  @Test
  void anotherProgramsFileIsRefused() {
    assertThat(refusal(written().put(3, (byte) 'X').rewind())).contains("does not begin");
  }

  @Test
  void aNewerVersionIsRefusedByItsNumber() {
    assertThat(refusal(written().putInt(VERSION_AT, 2).rewind()))
        .isEqualTo("it is of version 2, and this agent reads version 1");
  }

  @Test
  void whatIsTooShortIsCutOff() {
    for (int length = 0; length < KeptHeader.BYTES; length++) {
      assertThat(refusal(written().limit(length))).isEqualTo("it is cut off");
    }
  }

  @Test
  void aTimeThatNoClockShowsIsRefused() {
    assertThat(refusal(written().putLong(TIME_AT, -1).rewind())).contains("damaged");
    assertThat(refusal(written().putLong(TIME_AT, Long.MAX_VALUE).rewind())).contains("damaged");
  }

  @Test
  void aLifeThatNoKernelHasIsRefused() {
    assertThat(refusal(written().put(LIFE_AT, (byte) 7).rewind())).contains("damaged");
    assertThatThrownBy(() -> new KeptHeader(1, "")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new KeptHeader(1, "x".repeat(65)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
