package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One step of a handover between two routers. Both may lose it: who waits for an answer says it
 * again, and who has answered answers again.
 *
 * @param step which
 * @param number of the handover, chosen by the router that gives the role away (by the asking one
 *     for {@code REQUEST}); all steps of one handover carry the same
 * @param to the router that is to become active, empty for the receiver
 * @param reason for people, one sentence or less
 */
public record HandoverMessage(Step step, long number, String to, String reason) {
  public static final int NAME_BYTES_MAX = 253;
  public static final int REASON_BYTES_MAX = 200;

  private static final int STEP = 1;
  private static final int NUMBER = 2;
  private static final int TO = 3;
  private static final int REASON = 4;

  /** The steps, as they stand on the wire. */
  public enum Step {
    /** To the active router: give the role to {@code to}. */
    REQUEST(1),
    /** From the active one, when the peer holds everything: I am quiet now, take the role. */
    GO(2),
    /** From the new active one: I have it. */
    CONFIRM(3),
    /** The other one will not; the reason says why. */
    REFUSE(4),
    /** From the active one: I keep the role after all; whoever has begun to take it lets it go. */
    CANCEL(5);

    private final int code;

    Step(int code) {
      this.code = code;
    }

    static @Nullable Step of(int code) {
      for (Step step : values()) {
        if (step.code == code) {
          return step;
        }
      }
      return null;
    }
  }

  public void write(ByteBuffer into) {
    int message = LinkFields.open(into, LinkMessageType.HANDOVER);
    LinkFields.put8(into, STEP, step.code);
    LinkFields.put64(into, NUMBER, number);
    LinkFields.putText(into, TO, Texts.fit(to, NAME_BYTES_MAX));
    LinkFields.putText(into, REASON, Texts.fit(reason, REASON_BYTES_MAX));
    LinkFields.close(into, message);
  }

  /** A message, or why there is none; {@code UnknownStep} comes from a newer Holdfast. */
  public sealed interface Read {
    record Ok(HandoverMessage message) implements Read {}

    record UnknownStep(int code) implements Read {}

    record Dropped(LinkDropReason reason) implements Read {}
  }

  /** Reads the message that {@code message} stands on. */
  public static Read read(LinkFields message, LinkFields scratch) {
    int code = 0;
    long number = 0;
    String to = "";
    String reason = "";
    LinkFields fields = scratch.inside(message);
    while (fields.next()) {
      switch (fields.number()) {
        case STEP -> code = fields.asInt();
        case NUMBER -> number = fields.asLong();
        case TO -> to = fields.asText(NAME_BYTES_MAX);
        case REASON -> reason = fields.asText(REASON_BYTES_MAX);
        default -> {}
      }
      if (to == null || reason == null) {
        return new Read.Dropped(LinkDropReason.MALFORMED_FIELD);
      }
    }
    if (fields.malformed()) {
      return new Read.Dropped(LinkDropReason.MALFORMED_MESSAGE);
    }
    Step step = Step.of(code);
    return step == null
        ? new Read.UnknownStep(code)
        : new Read.Ok(new HandoverMessage(step, number, to, reason));
  }
}
