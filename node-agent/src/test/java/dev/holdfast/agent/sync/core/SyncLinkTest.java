package dev.holdfast.agent.sync.core;

import static dev.holdfast.agent.sync.core.SyncWorld.MILLI;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Sync link")
class SyncLinkTest {
  private final SyncWorld world = new SyncWorld(1, 2);
  private final SyncWorld.Router a = world.routers.get(0);
  private final SyncWorld.Router b = world.routers.get(1);

  private void flows(SyncWorld.Router router, int count) {
    for (int i = 0; i < count; i++) {
      router.change(i);
    }
  }

  @Test
  void routersThatKnowNoAddressFindEachOtherByHelloWithinMilliseconds() {
    world.run(20 * MILLI);

    assertThat(a.link(1).up()).isTrue();
    assertThat(b.link(0).up()).isTrue();
  }

  @Test
  void thePeerHoldsEveryFlowMillisecondsAfterItsBirth() {
    world.run(100 * MILLI);
    flows(a, 500);
    world.run(10 * MILLI);

    assertThat(SyncWorld.difference(a.kernelFlows(), b.held(b.owner(0)))).isEmpty();
    assertThat(a.link(1).peerHoldsOurs()).isTrue();
    assertThat(a.links.protectedFlows()).isEqualTo(500);
  }
}
