package dev.holdfast.agent.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.LinkKey;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Which GatewayNode the agent works by")
class NodeFollowerTest {

  private static final LinkKeys KEYS = LinkKeys.of(key(1));
  private static final GatewayNodeSpec SPEC = Nodes.article("router-a");
  private static final GatewayNodeSpec MAINTENANCE = SPEC.asking(true, null, false);

  @TempDir Path folder;

  private record Applied(GatewayNodeSpec spec, @Nullable LinkKeys keys, boolean fromApi) {}

  private final List<Applied> applied = new ArrayList<>();
  private String waiting = "";
  private LinkKeys.Parsed keyFile = new LinkKeys.Parsed.Ok(KEYS);
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private NodeFollower follower = follower("router-a");

  private static LinkKey key(int fill) {
    byte[] secret = new byte[LinkKey.BYTES];
    Arrays.fill(secret, (byte) fill);
    return LinkKey.of(secret);
  }

  @BeforeEach
  void anotherFollowerInAnEmptyFolder() {
    follower = follower("router-a");
  }

  private NodeFollower follower(String node) {
    return new NodeFollower(
        node,
        Nodes.NAME,
        new AcceptedStore(folder == null ? Path.of("/nowhere") : folder),
        () -> keyFile,
        new NodeFollower.Gateway() {
          @Override
          public void apply(GatewayNodeSpec spec, @Nullable LinkKeys keys, boolean fromApi) {
            applied.add(new Applied(spec, keys, fromApi));
          }

          @Override
          public void waitingFor(String sentence) {
            waiting = sentence;
          }

          @Override
          public void changed() {}
        },
        () -> now);
  }

  private Condition accepted() {
    return report().conditions().getFirst();
  }

  private GatewayNodeStatus report() {
    GatewayNodeStatus early = follower.beforeTheFirst("1");
    return follower.completed(
        early == null
            ? GatewayNodeStatus.waiting(Role.INITIALIZE, "1", List.of())
            : GatewayNodeStatus.waiting(
                Role.INITIALIZE, "1", applied.isEmpty() ? early.conditions() : List.of()));
  }

  @Test
  void worksByWhatItUnderstandsAndSaysWhichGenerationThatIs() {
    follower.found(Nodes.document(7, SPEC));

    assertThat(applied).containsExactly(new Applied(SPEC, KEYS, true));
    assertThat(report().observedGeneration()).isEqualTo(7);
    assertThat(accepted().status()).isEqualTo(ConditionStatus.TRUE);
    assertThat(accepted().observedGeneration()).isEqualTo(7);
  }

  @Test
  void startsFromDiskWithoutAnApiServer() {
    follower.found(Nodes.document(7, SPEC));
    applied.clear();

    NodeFollower restarted = follower("router-a");
    restarted.startFromDisk();

    assertThat(applied).containsExactly(new Applied(SPEC, KEYS, false));
  }

  @Test
  void usesTheOneBeforeWhenTheNewestOnDiskIsDamaged() throws IOException {
    follower.found(Nodes.document(7, SPEC));
    follower.found(Nodes.document(8, MAINTENANCE));
    applied.clear();
    Files.writeString(folder.resolve(AcceptedStore.FILE), "holdfast 1 5 0\nxxxxx");

    follower("router-a").startFromDisk();

    assertThat(applied).containsExactly(new Applied(SPEC, KEYS, false));
  }

  @Test
  void usesTheOneBeforeWhenThisAgentDoesNotUnderstandTheNewest() throws IOException {
    AcceptedStore store = new AcceptedStore(folder);
    store.write(Nodes.document(7, SPEC).text());
    store.write(Nodes.document(8, SPEC, spec -> spec.put("priority", 999)).text());

    follower.startFromDisk();

    assertThat(applied).containsExactly(new Applied(SPEC, KEYS, false));
  }

  @Test
  void waitsAndSaysWhyWhenNeitherOnDiskIsUsable() throws IOException {
    follower.found(Nodes.document(7, SPEC));
    follower.found(Nodes.document(8, MAINTENANCE));
    applied.clear();
    Files.writeString(folder.resolve(AcceptedStore.FILE), "");
    Files.writeString(folder.resolve(AcceptedStore.FILE + ".previous"), "");

    follower("router-a").startFromDisk();

    assertThat(applied).isEmpty();
    assertThat(waiting)
        .contains(AcceptedStore.FILE + " is damaged")
        .contains(AcceptedStore.FILE + ".previous is damaged");
  }

  @Test
  void leavesAloneWhatAnotherGatewayLeftOnDisk() throws IOException {
    new AcceptedStore(folder)
        .write(Nodes.document(7, SPEC).text().replace(Nodes.NAME, "office-router-a"));

    follower.startFromDisk();

    assertThat(applied).isEmpty();
    assertThat(waiting).contains("office-router-a, another GatewayNode");
  }

  @Test
  void goesOnWithWhatItHadWhenItCannotApplyTheNew() {
    follower.found(Nodes.document(7, SPEC));

    follower.found(Nodes.document(8, SPEC, spec -> spec.put("priority", 999)));

    assertThat(applied).hasSize(1);
    assertThat(report().observedGeneration()).isEqualTo(7);
    assertThat(accepted().status()).isEqualTo(ConditionStatus.FALSE);
    assertThat(accepted().reason()).isEqualTo("NotUnderstood");
    assertThat(accepted().observedGeneration()).isEqualTo(8);
    assertThat(accepted().message())
        .contains("spec.priority")
        .contains("goes on with generation 7");
  }

  @Test
  void doesNotKeepOnDiskWhatItRefused() {
    follower.found(Nodes.document(7, SPEC));
    follower.found(Nodes.document(8, SPEC, spec -> spec.put("priority", 999)));
    applied.clear();

    follower("router-a").startFromDisk();

    assertThat(applied).containsExactly(new Applied(SPEC, KEYS, false));
  }

  @Test
  void refusesTheConfigurationOfAnotherRouter() {
    follower.found(Nodes.document(7, Nodes.article("router-b")));

    assertThat(applied).isEmpty();
    assertThat(accepted().reason()).isEqualTo("AnotherRouter");
    assertThat(waiting).contains("router-b").contains("router-a");
  }

  @Test
  void ownReportsComingBackChangeNothing() {
    follower.found(Nodes.document(7, SPEC));
    follower.found(Nodes.document(7, SPEC));
    follower.found(Nodes.document(6, MAINTENANCE));

    assertThat(applied).hasSize(1);
  }

  @Test
  void aGatewayNodeMadeAnewCountsItsGenerationsAnew() {
    follower.found(Nodes.document(7, SPEC));
    follower.absent();
    var anew = Nodes.document(1, MAINTENANCE);
    follower.found(new NodeFollower.Document("uid-2", 1, anew.text()));

    assertThat(applied).extracting(Applied::spec).containsExactly(SPEC, MAINTENANCE);
  }

  @Test
  void aDeletedGatewayNodeWithdrawsNothing() {
    follower.found(Nodes.document(7, SPEC));
    follower.absent();

    assertThat(applied).hasSize(1);
    assertThat(accepted().status()).isEqualTo(ConditionStatus.TRUE);
  }

  @Test
  void keepsNothingOnDiskOnceEverythingOfOursWasTakenAway() {
    follower.found(Nodes.document(7, SPEC));
    follower.withdrawn();
    assertThat(folder.resolve(AcceptedStore.FILE)).exists();

    follower.found(Nodes.document(8, SPEC.asking(false, null, true)));
    follower.withdrawn();

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void waitsForAUsableLinkKeyAndThenBegins() {
    keyFile = new LinkKeys.Parsed.Refused("there is no link key at /etc/holdfast/link.key");
    follower.found(Nodes.document(7, SPEC));
    assertThat(applied).isEmpty();
    assertThat(accepted().reason()).isEqualTo("LinkKeyUnusable");

    keyFile = new LinkKeys.Parsed.Ok(KEYS);
    follower.keysChanged();

    assertThat(applied).containsExactly(new Applied(SPEC, KEYS, true));
    assertThat(accepted().status()).isEqualTo(ConditionStatus.TRUE);
  }

  @Test
  void takesNewKeysWithoutARestartAndKeepsTheOldOnesWhenTheNewAreUnusable() {
    LinkKeys both = LinkKeys.of(key(2), key(1));
    follower.found(Nodes.document(7, SPEC));

    keyFile = new LinkKeys.Parsed.Ok(both);
    follower.keysChanged();
    keyFile = new LinkKeys.Parsed.Refused("line 1 is not a link key");
    follower.keysChanged();

    assertThat(applied)
        .containsExactly(new Applied(SPEC, KEYS, true), new Applied(SPEC, both, false));
  }

  @Test
  void aConditionsTimeMovesOnlyWhenItsStatusDoes() {
    follower.found(Nodes.document(7, SPEC));
    now = now.plusSeconds(60);
    follower.found(Nodes.document(8, MAINTENANCE));
    assertThat(accepted().lastTransitionTime()).isEqualTo("2026-01-01T00:00:00.000Z");

    follower.found(Nodes.document(9, SPEC, spec -> spec.put("priority", 999)));
    assertThat(accepted().lastTransitionTime()).isEqualTo("2026-01-01T00:01:00.000Z");
  }
}
