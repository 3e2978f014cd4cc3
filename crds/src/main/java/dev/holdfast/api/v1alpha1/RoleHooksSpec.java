package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Commands that follow the role; with a file and in Host mode only. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RoleHooksSpec(
    @JsonPropertyDescription(
            "Program and arguments, run after the virtual addresses were announced.")
        @Size(max = 16)
        List<@Size(min = 1, max = 256) String> onActive,
    @JsonPropertyDescription(
            "Program and arguments, run after the role was given up, and at start.")
        @Size(max = 16)
        List<@Size(min = 1, max = 256) String> onBackup) {

  public RoleHooksSpec {
    onActive = Copies.list(onActive);
    onBackup = Copies.list(onBackup);
  }
}
