package dev.holdfast.operator.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Every request that the API server answered, by its own audit log. */
public final class AuditLog {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> WRITES =
      Set.of("create", "update", "patch", "delete", "deletecollection");

  private final Path policy;
  private final Path log;

  /** One request. */
  public record Request(String user, String verb, String uri, String resource, String name) {

    public boolean writes() {
      return WRITES.contains(verb);
    }
  }

  public AuditLog() {
    try {
      policy = Files.createTempFile("audit-policy", ".yaml");
      log = Files.createTempDirectory("audit").resolve("log");
      Files.writeString(
          policy,
          """
          apiVersion: audit.k8s.io/v1
          kind: Policy
          omitStages: [RequestReceived, ResponseStarted]
          rules: [{level: Metadata}]
          """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String[] flags() {
    return new String[] {
      "--audit-policy-file=" + policy, "--audit-log-path=" + log, "--audit-log-mode=blocking"
    };
  }

  /** So far, of that user. */
  public List<Request> of(String user) {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.map(AuditLog::request).filter(request -> request.user().equals(user)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Request request(String line) {
    try {
      JsonNode event = JSON.readTree(line);
      return new Request(
          event.at("/user/username").asText(),
          event.path("verb").asText(),
          event.path("requestURI").asText(),
          event.at("/objectRef/resource").asText(),
          event.at("/objectRef/name").asText());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
