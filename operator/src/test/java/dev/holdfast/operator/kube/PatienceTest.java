package dev.holdfast.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("An API server that is away at the operator's start")
class PatienceTest {

  private final AtomicInteger asked = new AtomicInteger();

  private String answersTheThirdTime() {
    if (asked.incrementAndGet() < 3) {
      throw new KubernetesClientException("connection refused");
    }
    return "answer";
  }

  @Test
  void isAskedUntilItAnswers() {
    assertThat(Patience.untilAnswered(this::answersTheThirdTime, 1)).isEqualTo("answer");
    assertThat(asked).hasValue(3);
  }

  @Test
  void isNotAskedAgainByAProcessThatEnds() {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> Patience.untilAnswered(this::answersTheThirdTime, 60_000))
        .hasMessage("connection refused");
    assertThat(asked).hasValue(1);
    assertThat(Thread.interrupted()).isTrue();
  }
}
