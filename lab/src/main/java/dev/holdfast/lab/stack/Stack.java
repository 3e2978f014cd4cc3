package dev.holdfast.lab.stack;

import java.util.stream.Stream;

/** Which software the routers run. */
public enum Stack {
  /** Our agent on all. */
  HOLDFAST("holdfast"),
  /** Our agents as pods of a real Kubernetes cluster whose nodes are the routers. */
  KUBERNETES("kubernetes"),
  /** As host services on the nodes of such a cluster: {@code agent.mode: Host}. */
  KUBERNETES_HOST("kubernetes:host"),
  /** keepalived, conntrackd and iptables on all. */
  KEEPALIVED("keepalived"),
  /** Our agent on the best router, the others' software on the rest. */
  MIXED("mixed"),
  /** The others' software on the best router, our agent on the rest. */
  MIXED_REVERSED("mixed:keepalived");

  private final String text;

  Stack(String text) {
    this.text = text;
  }

  /**
   * @throws IllegalArgumentException with a sentence for the person
   */
  public static Stack parse(String text) {
    return Stream.of(values())
        .filter(stack -> stack.text.equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no stack \""
                        + text
                        + "\"; there are holdfast, kubernetes, kubernetes:host, keepalived, mixed (our"
                        + " agent on the best router) and mixed:keepalived (theirs on the best)"));
  }

  /**
   * @param best whether it is the router of the highest priority
   */
  public boolean runsHoldfast(boolean best) {
    return switch (this) {
      case HOLDFAST, KUBERNETES, KUBERNETES_HOST -> true;
      case KEEPALIVED -> false;
      case MIXED -> best;
      case MIXED_REVERSED -> !best;
    };
  }

  public boolean needsHoldfast() {
    return this != KEEPALIVED;
  }

  public boolean needsKeepalived() {
    return this == KEEPALIVED || isMixed();
  }

  public boolean isKubernetes() {
    return this == KUBERNETES || this == KUBERNETES_HOST;
  }

  public boolean isMixed() {
    return this == MIXED || this == MIXED_REVERSED;
  }

  @Override
  public String toString() {
    return text;
  }
}
