package dev.holdfast.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Since when the API server has answered")
class ApiContactTest {

  private static final Instant START = Instant.parse("2026-01-01T12:00:00Z");

  /** Asks nobody: the contact is not started. */
  private final KubernetesClient client = new KubernetesClientBuilder().build();

  private final ApiContact contact = new ApiContact(client, Clock.fixed(START, ZoneOffset.UTC));
  private Instant now = START;

  @AfterEach
  void close() {
    client.close();
  }

  private void answersEvery10SecondsFor(Duration time) {
    Instant end = now.plus(time);
    while (now.isBefore(end)) {
      contact.answered(now);
      now = now.plusSeconds(10);
    }
  }

  @Test
  void isNowBeforeTheFirstAnswer() {
    assertThat(contact.since(now)).isEqualTo(now);
  }

  @Test
  void isTheFirstAnswerWhileItGoesOn() {
    answersEvery10SecondsFor(Duration.ofMinutes(10));

    assertThat(contact.since(now)).isEqualTo(START);
  }

  @Test
  void isNowWhileItIsAwayAndThenWhenItCameBack() {
    answersEvery10SecondsFor(Duration.ofMinutes(1));
    now = now.plus(ApiContact.BREAK);
    assertThat(contact.since(now)).isEqualTo(now);

    Instant back = now;
    answersEvery10SecondsFor(Duration.ofMinutes(1));
    assertThat(contact.since(now)).isEqualTo(back);
  }
}
