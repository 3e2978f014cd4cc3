package dev.holdfast.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The index of the flow table")
class FlowIndexTest {

  private record Known(int hash, int handle) {}

  private static int find(FlowIndex index, Known known) {
    return index.find(known.hash(), handle -> handle == known.handle());
  }

  /** {@code bits}: how many bits of hash there are; few make every probe a long one. */
  @ParameterizedTest
  @ValueSource(ints = {3, 8, 12, 32})
  void findsWhatAMapFindsWhileItGrowsAndShrinks(int bits) {
    var index = new FlowIndex(FlowMemory.onHeap());
    List<Known> known = new ArrayList<>();
    var random = new Random(bits);
    int most = bits < 32 ? 600 : 20_000;
    for (int step = 0; step < 4 * most; step++) {
      boolean growing = step / most % 2 == 0;
      if (known.isEmpty() || random.nextInt(10) < (growing ? 8 : 2)) {
        int hash = random.nextInt() >>> 32 - bits;
        known.add(new Known(hash, step));
        index.insert(hash, step);
      } else {
        Known gone = known.set(random.nextInt(known.size()), known.getLast());
        known.removeLast();
        index.remove(gone.hash(), gone.handle());
        assertThat(find(index, gone)).isEqualTo(FlowIndex.NONE);
      }
      if (step % (most / 10) == 0) {
        known.forEach(k -> assertThat(find(index, k)).isEqualTo(k.handle()));
      }
      assertThat(index.size()).isEqualTo(known.size());
    }
  }

  @Test
  void growsAFewSlotsAtATime() {
    var index = new FlowIndex(FlowMemory.onHeap());
    var random = new Random(1);
    int changesWhileGrowing = 0;
    for (int handle = 0; handle < 100_000; handle++) {
      index.insert(random.nextInt(), handle);
      changesWhileGrowing += index.isGrowing() ? 1 : 0;
    }
    // 1024 to 131072 slots: seven times, each spread over capacity / 32 changes.
    assertThat(changesWhileGrowing).isGreaterThan(3000);
    assertThat(index.isGrowing()).isFalse();
    assertThat(index.bytes()).isEqualTo(131_072 * 8);
  }

  @Test
  void givesItsOldSlotsBackWhenItHasGrown() {
    long[] held = new long[1];
    FlowMemory counting =
        new FlowMemory() {
          @Override
          public ByteBuffer allocate(int bytes) {
            held[0] += bytes;
            return ByteBuffer.allocate(bytes);
          }

          @Override
          public void release(ByteBuffer block) {
            held[0] -= block.capacity();
          }
        };
    var index = new FlowIndex(counting);
    var random = new Random(1);
    for (int handle = 0; handle < 100_000; handle++) {
      index.insert(random.nextInt(), handle);
    }
    assertThat(held[0]).isEqualTo(index.bytes());
    index.release();
    assertThat(held[0]).isZero();
  }

  @Test
  void aFlowThatIsNotThereIsOurOwnMistake() {
    var index = new FlowIndex(FlowMemory.onHeap());
    assertThatThrownBy(() -> index.remove(1, 2)).isInstanceOf(IllegalStateException.class);
  }
}
