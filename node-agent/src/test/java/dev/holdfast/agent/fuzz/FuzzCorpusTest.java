package dev.holdfast.agent.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code ./dev fuzz} starts from and what it once found, on each build. */
@DisplayName("The fuzzers' corpus")
class FuzzCorpusTest {
  private static final Path CORPUS = Path.of("src/test/resources/fuzz");
  private static final int ROUNDS = 100;

  static Stream<Fuzzers.Fuzzer> fuzzers() {
    return Fuzzers.ALL.stream();
  }

  private static List<byte[]> inputs(Fuzzers.Fuzzer fuzzer) throws IOException {
    try (Stream<Path> files = Files.list(CORPUS.resolve(fuzzer.name()))) {
      return files.sorted().map(FuzzCorpusTest::bytes).toList();
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("fuzzers")
  void isReadWithoutAFailureAndSoIsEachInputDamaged(Fuzzers.Fuzzer fuzzer) throws IOException {
    List<byte[]> inputs = inputs(fuzzer);
    assertThat(inputs).as("corpus of " + fuzzer.name()).isNotEmpty();
    inputs.forEach(fuzzer.reads());
    Random random = new Random(1);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] damaged = inputs.get(random.nextInt(inputs.size())).clone();
      for (int i = random.nextInt(4); i >= 0 && damaged.length > 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      fuzzer.reads().accept(damaged);
    }
  }
}
