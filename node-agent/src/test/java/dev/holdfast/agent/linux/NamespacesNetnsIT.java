package dev.holdfast.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.netns.TestNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Network namespaces")
class NamespacesNetnsIT {
  private final TestNetwork network = TestNetwork.open();

  @AfterEach
  void close() {
    network.close();
  }

  @Test
  void eachHasANumberThatNoOtherGetsLaterEither() {
    String name = network.namespace("one");
    long first = network.call(name, Namespaces::cookie);

    assertThat(first).isNotZero().isEqualTo(network.call(name, Namespaces::cookie));
    assertThat(first).isNotEqualTo(Namespaces.cookie());
    network.renew(name);
    assertThat(network.call(name, Namespaces::cookie)).isNotEqualTo(first);
  }
}
