package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Files that survive")
class DiskStoreTest {
  @TempDir Path folder = Path.of("");

  private DiskStore store = new DiskStore(folder);

  @BeforeEach
  void open() {
    store = new DiskStore(folder.resolve("state"));
  }

  private Path file(String name) {
    return folder.resolve("state").resolve(name);
  }

  private String read() {
    return store.read("node").orElseThrow().text();
  }

  @Test
  void areReadAsTheyWereWritten() throws IOException {
    assertThat(store.read("node")).isEmpty();
    store.write("node", "one\ntwo\n");
    assertThat(read()).isEqualTo("one\ntwo\n");
    assertThat(store.read("node").orElseThrow().problem()).isEmpty();
    store.write("node", "");
    assertThat(read()).isEmpty();
  }

  @Test
  void areForTheirOwnerOnly() throws IOException {
    store.write("node", "secret");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file("node"))))
        .isEqualTo("rw-------");
  }

  @Test
  void giveThePreviousOneWhenDamagedAnywhere() throws IOException {
    store.write("node", "one");
    store.write("node", "two");
    byte[] good = Files.readAllBytes(file("node"));
    for (int i = 0; i < good.length; i++) {
      byte[] damaged = good.clone();
      damaged[i] ^= 0x40;
      Files.write(file("node"), damaged);
      var stored = store.read("node").orElseThrow();
      assertThat(stored.text()).as("byte %d damaged", i).isEqualTo("one");
      assertThat(stored.problem()).startsWith("node is damaged (");
    }
  }

  @Test
  void giveThePreviousOneWhenCutAnywhere() throws IOException {
    store.write("node", "one");
    store.write("node", "two, which is longer");
    byte[] good = Files.readAllBytes(file("node"));
    for (int length = 0; length < good.length; length++) {
      Files.write(file("node"), Arrays.copyOf(good, length));
      assertThat(read()).as("cut at %d", length).isEqualTo("one");
    }
  }

  @Test
  void giveThePreviousOneAfterACrashBetweenTheRenames() throws IOException {
    store.write("node", "one");
    Files.move(file("node"), file("node.previous"));
    var stored = store.read("node").orElseThrow();
    assertThat(stored.text()).isEqualTo("one");
    assertThat(stored.problem()).contains("missing");
  }

  @Test
  void keepAGoodPreviousOneWhenTheCurrentOneWasDamaged() throws IOException {
    store.write("node", "one");
    store.write("node", "two");
    Files.writeString(file("node"), "rubbish");
    store.write("node", "three");
    Files.writeString(file("node"), "rubbish");
    assertThat(read()).isEqualTo("one");
  }

  @Test
  void areNotDisturbedByAHalfWrittenNewOne() throws IOException {
    store.write("node", "one");
    Files.writeString(file("node.new"), "half");
    assertThat(read()).isEqualTo("one");
    store.write("node", "two");
    assertThat(read()).isEqualTo("two");
  }

  @Test
  void areGoneWhenDeleted() throws IOException {
    store.write("node", "one");
    store.write("node", "two");
    store.delete("node");
    store.delete("node");
    assertThat(store.read("node")).isEmpty();
  }
}
