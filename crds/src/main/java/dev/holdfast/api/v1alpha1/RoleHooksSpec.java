package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** Commands that follow the role; with a file and in Host mode only. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value = "!has(self.onActive) || size(self.onActive) == 0 || self.onActive[0].startsWith('/')",
    message = "write the program with its whole path, like /usr/bin/systemctl",
    fieldPath = ".onActive")
@ValidationRule(
    value = "!has(self.onBackup) || size(self.onBackup) == 0 || self.onBackup[0].startsWith('/')",
    message = "write the program with its whole path, like /usr/bin/systemctl",
    fieldPath = ".onBackup")
public record RoleHooksSpec(
    @JsonPropertyDescription(
            "Program and arguments, run after the virtual addresses were announced.")
        @Size(max = 16)
        List<@Size(min = 1, max = 256) String> onActive,
    @JsonPropertyDescription(
            "Program and arguments, run after the role was given up, and at the start; "
                + "at the end of the agent it is waited for, at most 10 s.")
        @Size(max = 16)
        List<@Size(min = 1, max = 256) String> onBackup) {

  public RoleHooksSpec {
    onActive = Copies.list(onActive);
    onBackup = Copies.list(onBackup);
  }
}
