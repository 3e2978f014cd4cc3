package dev.holdfast.api.kube;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Examples;
import dev.holdfast.api.Refusal;
import dev.holdfast.api.validate.Validator;
import dev.holdfast.api.validate.Violation;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/** {@code docs/refusals.md}: what is refused, by whom, and in which words. */
final class RefusalTable {

  private static final String HEAD =
      """
      # What is refused

      Made by a test (`SchemaApiIT`) from bad resources, sent to a real API server; `-Dgolden.update` rewrites
      it. The first table is what `kubectl apply` answers at once, the second what needs more than a schema: it
      becomes the condition `Accepted=False`, and the running gateway stays as it is. `holdfast check` says
      all of both for a file, every mistake at once.

      ## By `kubectl apply`

      | what is wrong | field | answer |
      |---|---|---|
      """;

  private static final String SECOND =
      """

      ## By `Accepted=False` and `holdfast check`

      | what is wrong | field | answer |
      |---|---|---|
      """;

  private RefusalTable() {}

  static String of(Function<JsonNode, List<String>> server) {
    StringBuilder table = new StringBuilder(HEAD);
    for (Refusal refusal : Refusal.all()) {
      if (refusal.isRefusedByApply()) {
        String nearest =
            server.apply(refusal.document()).stream()
                .max(Comparator.comparingInt(sentence -> near(refusal, sentence)))
                .orElseThrow();
        int colon = nearest.indexOf(": ");
        row(table, refusal.what(), nearest.substring(0, colon), nearest.substring(colon + 2));
      }
    }
    table.append(SECOND);
    for (Refusal refusal : Refusal.all()) {
      if (!refusal.isRefusedByApply()) {
        Violation violation =
            Validator.validate(Examples.spec(refusal.document())).stream()
                .filter(candidate -> candidate.path().equals(refusal.field()))
                .findFirst()
                .orElseThrow();
        row(table, refusal.what(), violation.path(), violation.sentence());
      }
    }
    return table.toString();
  }

  /** One mistake may have several answers: that for the field itself is the telling one. */
  private static int near(Refusal refusal, String sentence) {
    String field = sentence.substring(0, sentence.indexOf(": "));
    return refusal.field().startsWith(field) ? field.length() : -1;
  }

  private static void row(StringBuilder table, String what, String field, String answer) {
    String oneLine = answer.replace("\n", " ").replace("|", "\\|");
    table.append("| %s | `%s` | %s |\n".formatted(what, field, oneLine));
  }
}
