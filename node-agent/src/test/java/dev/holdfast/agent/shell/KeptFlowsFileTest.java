package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.sync.core.KeptFlows;
import dev.holdfast.agent.sync.wire.KeptHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The file of flows")
class KeptFlowsFileTest {
  private static final KeptHeader HEADER = new KeptHeader(1_795_000_000L, "boot 1");
  private static final int VERSION_AT = 19;

  @TempDir Path folder;
  private KeptFlowsFile file;
  private Path path;

  @BeforeEach
  void open() {
    file = new KeptFlowsFile(folder.resolve("state"));
    path = folder.resolve("state").resolve(KeptFlowsFile.NAME);
  }

  private void write(String... pieces) throws IOException {
    try (KeptFlowsFile.Writer writer = file.begin(HEADER)) {
      for (String piece : pieces) {
        writer.append(ByteBuffer.wrap(piece.getBytes(StandardCharsets.US_ASCII)));
      }
      writer.finish();
    }
  }

  private List<String> read() throws IOException {
    List<String> pieces = new ArrayList<>();
    try (KeptFlowsFile.Reader reader = file.open()) {
      ByteBuffer piece = ByteBuffer.allocate(KeptFlows.PIECE_BYTES_MAX);
      while (reader.next(piece.clear())) {
        pieces.add(StandardCharsets.US_ASCII.decode(piece).toString());
      }
    }
    return pieces;
  }

  @Test
  void isReadPieceByPieceAsItWasWritten() throws IOException {
    write("one", "", "two and three");

    assertThat(file.header()).contains(HEADER);
    assertThat(read()).containsExactly("one", "two and three");
    file.check();
  }

  @Test
  void isForItsOwnerOnly() throws IOException {
    write("one");

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
  }

  @Test
  void thereMayBeNone() throws IOException {
    assertThat(file.header()).isEmpty();
  }

  @Test
  void eachByteThatIsDamagedMakesItUnusable() throws IOException {
    write("a flow", "another flow");
    byte[] good = Files.readAllBytes(path);
    for (int at = 0; at < good.length; at++) {
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        byte[] bad = good.clone();
        bad[at] ^= (byte) (1 << bit);
        Files.write(path, bad);
        assertThatThrownBy(file::check).as("byte %d", at).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void whatIsCutOffOrGoesOnIsUnusable() throws IOException {
    write("a flow", "another flow");
    byte[] good = Files.readAllBytes(path);
    for (int length = 0; length < good.length; length++) {
      Files.write(path, Arrays.copyOf(good, length));
      assertThatThrownBy(file::check).as("%d bytes", length).hasMessage("it is cut off");
    }
    Files.write(path, Arrays.copyOf(good, good.length + 1));
    assertThatThrownBy(file::check).hasMessage("it goes on behind its end");
  }

  @Test
  void aNewerAgentsFileIsRefusedByItsVersion() throws IOException {
    write("a flow");
    byte[] newer = Files.readAllBytes(path);
    newer[VERSION_AT] = 2;
    Files.write(path, newer);

    assertThatThrownBy(file::header).hasMessageContaining("version 2");
  }

  @Test
  void theOldOneStaysUntilTheNewOneIsWhole() throws IOException {
    write("old");

    try (KeptFlowsFile.Writer writer = file.begin(HEADER)) {
      writer.append(ByteBuffer.wrap(new byte[9]));
      assertThat(read()).containsExactly("old");
    }

    assertThat(read()).containsExactly("old");
    write("new");
    assertThat(read()).containsExactly("new");
    try (var files = Files.list(path.getParent())) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void onceForgottenNoneAppearsAnyMore() throws IOException {
    write("old");
    try (KeptFlowsFile.Writer writer = file.begin(HEADER)) {
      file.forget();
      writer.finish();
    }

    try (var files = Files.list(path.getParent())) {
      assertThat(files).isEmpty();
    }
  }
}
