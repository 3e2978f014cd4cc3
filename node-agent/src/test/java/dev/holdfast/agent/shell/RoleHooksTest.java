package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.api.v1alpha1.NodeRoleHooks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The user's commands after a change of role")
class RoleHooksTest {

  @TempDir Path folder;

  private Path log() {
    return folder.resolve("log");
  }

  private List<String> command(String before) {
    return List.of("/bin/sh", "-c", before + "echo \"$HOLDFAST_ROLE\" >>" + log());
  }

  private RoleHooks hooks(String before) {
    return new RoleHooks(
        new NodeRoleHooks(command(before), command(before)), Duration.ofSeconds(20));
  }

  private List<String> ran() throws IOException {
    return Files.exists(log()) ? Files.readAllLines(log()) : List.of();
  }

  @Test
  void runAtTheStartAndWhenTheRoleComesAndGoes() throws IOException {
    for (Role[] change :
        new Role[][] {
          {Role.INITIALIZE, Role.BACKUP},
          {Role.BACKUP, Role.ACTIVE},
          {Role.ACTIVE, Role.FAULT},
          {Role.FAULT, Role.BACKUP},
          {Role.BACKUP, Role.INITIALIZE}
        }) {
      try (RoleHooks hooks = hooks("")) {
        hooks.changed(change[0], change[1]);
      }
    }

    assertThat(ran()).containsExactly("backup", "active", "backup");
  }

  @Test
  void theEndWaitsForTheCommandThatItHasCalledFor() throws IOException {
    try (RoleHooks hooks = hooks("sleep 0.3; ")) {
      hooks.changed(Role.ACTIVE, Role.INITIALIZE);
    }

    assertThat(ran()).containsExactly("backup");
  }

  @Test
  void whileOneRunsOnlyTheLastOfTheOthersIsRemembered() throws IOException {
    Path go = folder.resolve("go");
    Path begun = folder.resolve("begun");
    try (RoleHooks hooks =
        hooks(": >" + begun + "; while [ ! -e " + go + " ]; do sleep 0.01; done; ")) {
      hooks.changed(Role.BACKUP, Role.ACTIVE);
      TestNetwork.await("it runs", Duration.ofSeconds(10), () -> Files.exists(begun));
      hooks.changed(Role.ACTIVE, Role.BACKUP);
      hooks.changed(Role.BACKUP, Role.ACTIVE);
      hooks.changed(Role.ACTIVE, Role.BACKUP);
      Files.createFile(go);
    }

    assertThat(ran()).containsExactly("active", "backup");
  }
}
