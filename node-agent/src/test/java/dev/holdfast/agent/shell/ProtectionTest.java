package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.ops.UnprotectedReason;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the other routers hold of our flows")
class ProtectionTest {

  /** Ten flows, one at each position from 1. */
  private static Map<String, Long> counted(Protection protection) {
    Map<String, Long> unprotected = new TreeMap<>();
    protection.count(
        10,
        position -> LongStream.rangeClosed(1, 10).filter(own -> own > position).count(),
        unprotected);
    return unprotected;
  }

  @Test
  void isAllThatAPeerThatIsHeardHasConfirmed() {
    Protection protection = new Protection(7, 0, UnprotectedReason.NOT_YET_ACKNOWLEDGED);

    assertThat(protection.reason(7)).isNull();
    assertThat(protection.reason(8)).isEqualTo("NotYetAcknowledged");
    assertThat(counted(protection)).containsExactly(Map.entry("NotYetAcknowledged", 3L));
  }

  @Test
  void isNothingForSureOfASilentPeerButItsFlowsAreToldFromThoseBornSince() {
    Protection protection = new Protection(0, 7, UnprotectedReason.NO_PEER);

    assertThat(protection.reason(7)).isEqualTo("PeerSilent");
    assertThat(protection.reason(8)).isEqualTo("NoPeer");
    assertThat(counted(protection))
        .containsOnly(Map.entry("PeerSilent", 7L), Map.entry("NoPeer", 3L));
  }

  @Test
  void countsASilentPeerOnlyBeyondWhatAnotherConfirmed() {
    Protection protection = new Protection(5, 8, UnprotectedReason.NOT_YET_ACKNOWLEDGED);

    assertThat(counted(protection))
        .containsOnly(Map.entry("PeerSilent", 3L), Map.entry("NotYetAcknowledged", 2L));
    assertThat(counted(new Protection(8, 5, UnprotectedReason.NOT_YET_ACKNOWLEDGED)))
        .containsExactly(Map.entry("NotYetAcknowledged", 2L));
  }

  @Test
  void isNothingOfWhatAPeersKernelRefused() {
    Map<String, Long> unprotected = new TreeMap<>();
    Protection protection = new Protection(7, 0, UnprotectedReason.NOT_YET_ACKNOWLEDGED, 2);

    assertThat(protection.count(10, position -> 10 - position, unprotected)).isEqualTo(5);
    assertThat(unprotected)
        .containsOnly(Map.entry("NotYetAcknowledged", 3L), Map.entry("RefusedByPeer", 2L));

    // The peer's word is older than ours: never more than there are.
    protection = new Protection(10, 0, UnprotectedReason.NOT_YET_ACKNOWLEDGED, 20);
    assertThat(protection.count(10, position -> 10 - position, unprotected)).isZero();
  }

  @Test
  void isCompleteWithoutAReason() {
    assertThat(counted(new Protection(10, 10, UnprotectedReason.NO_PEER))).isEmpty();
  }
}
