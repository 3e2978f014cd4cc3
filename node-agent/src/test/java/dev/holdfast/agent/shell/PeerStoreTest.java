package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.api.addr.IpAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Peers on the disk")
class PeerStoreTest {

  @TempDir Path folder;

  private static Hello hello(String node, String address) {
    return new Hello(
        node,
        "1.0",
        3781,
        List.of(
            new Hello.Attachment(
                "direct",
                List.of(IpAddress.parse(address), IpAddress.parse("fe80::1")),
                List.of(IpAddress.parse("10.0.0.2")))));
  }

  @Test
  void whatAPeerProvedIsKnownAfterARestart() {
    try (PeerStore store = new PeerStore(new DiskStore(folder))) {
      assertThat(store.known()).isEmpty();
      store.keep(hello("router-b", "10.9.0.2"));
      store.keep(hello("router-c", "10.9.0.3"));
      store.keep(hello("router-b", "10.9.0.22"));
    }
    try (PeerStore again = new PeerStore(new DiskStore(folder))) {
      assertThat(again.known())
          .containsOnlyKeys("router-b", "router-c")
          .containsEntry("router-b", hello("router-b", "10.9.0.22"));
    }
  }

  @Test
  void aLineThatCannotBeReadIsAPeerThatHasToBeFoundAgain() {
    String good = PeerStore.text(Map.of("router-b", hello("router-b", "10.9.0.2")));

    assertThat(PeerStore.parse("router-a=%%%\nnonsense\n=\n" + good)).containsOnlyKeys("router-b");
  }
}
