package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The path that flows take")
class LinkPathsTest {
  private static final long MILLI = 1_000_000L;
  private static final int SYNC = 0;
  private static final int LAN = 1;

  private final LinkPaths paths = new LinkPaths(settings("sync", "lan"));

  private static LinkSettings settings(String... networks) {
    return new LinkSettings(
        "article",
        "router-a",
        List.of(networks).stream().map(name -> new LinkSettings.Path(name, 1_472)).toList(),
        List.of(),
        100 * MILLI);
  }

  private void bothWays(int path, long nowNanos) {
    paths.get(path).heard(null, nowNanos);
    paths.get(path).peerHearsUs(true);
  }

  @Test
  void isNoneWhileThePeerIsHeardNowhere() {
    assertThat(paths.forFlows(0)).isNegative();
    assertThat(paths.anyUp()).isFalse();
  }

  @Test
  void isTheFirstOnWhichBothHearEachOther() {
    bothWays(LAN, 0);
    bothWays(SYNC, 0);

    assertThat(paths.forFlows(100 * MILLI)).isEqualTo(SYNC);
    assertThat(paths.heardOn()).containsExactly("sync", "lan");
  }

  @Test
  void isTheSecondUntilTheFirstHasBeenHeardForFiveHeartbeats() {
    bothWays(LAN, 0);
    bothWays(SYNC, 200 * MILLI);

    assertThat(paths.forFlows(299 * MILLI)).isEqualTo(LAN);
    assertThat(paths.forFlows(300 * MILLI)).isEqualTo(SYNC);
  }

  @Test
  void isAYoungOneWhenThereIsNoOther() {
    bothWays(SYNC, 0);

    assertThat(paths.forFlows(0)).isEqualTo(SYNC);
  }

  @Test
  void isOneWayOnlyWhenNoneIsBothWays() {
    paths.get(SYNC).heard(null, 0);
    assertThat(paths.forFlows(0)).isEqualTo(SYNC);

    bothWays(LAN, 0);

    assertThat(paths.forFlows(0)).isEqualTo(LAN);
  }

  @Test
  void keepsWhatItKnowsOfANetworkThatMoves() {
    bothWays(LAN, 0);

    paths.reconfigure(settings("lan", "sync"));

    assertThat(paths.forFlows(100 * MILLI)).isZero();
    assertThat(paths.get(0).network).isEqualTo("lan");
  }
}
