package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Commands that follow the role; empty: none. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeRoleHooks(
    @JsonPropertyDescription("Program and arguments.") @Required @Size(max = 16)
        List<@Size(min = 1, max = 256) String> onActive,
    @JsonPropertyDescription("Program and arguments.") @Required @Size(max = 16)
        List<@Size(min = 1, max = 256) String> onBackup) {

  public NodeRoleHooks {
    onActive = Copies.list(onActive);
    onBackup = Copies.list(onBackup);
  }
}
