package dev.holdfast.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.holdfast.api.Examples;
import dev.holdfast.api.Golden;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.api.v1alpha1.RouterSpec;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("The plan of a GatewayCluster")
class ClusterPlannerTest {

  private static final ObjectMapper SORTED =
      Examples.YAML.copy().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  @Test
  void isWrittenDownObjectByObject() throws IOException {
    ClusterPlan plan = new Stage("router-a", "router-b").plan();

    StringBuilder text = new StringBuilder();
    for (HasMetadata object : plan.wanted()) {
      // What is in a GatewayNode is the renderer's, which has goldens of its own.
      if (!(object instanceof GatewayNode)) {
        text.append("---\n").append(SORTED.writeValueAsString(object));
      }
    }
    Golden.check(Path.of("src/test/resources/objects/article.yaml"), text.toString());
  }

  @Test
  void isTheSameWhenNothingChanged() {
    Stage stage = Stage.running("a", "b");
    List<HasMetadata> before = stage.reconcile().wanted();

    stage.pass(Duration.ofMinutes(1));
    stage.says("a", Role.ACTIVE, true);
    stage.says("b", Role.BACKUP, true);

    assertThat(fingerprints(stage.reconcile())).isEqualTo(fingerprints(before));
    assertThat(stage.plan().unwanted()).allMatch(one -> one.getKind().equals("PodMonitor"));
  }

  private static List<String> fingerprints(ClusterPlan plan) {
    return fingerprints(plan.wanted());
  }

  private static List<String> fingerprints(List<HasMetadata> objects) {
    return objects.stream()
        .filter(object -> !(object instanceof GatewayNode))
        .map(object -> object.getKind() + object.getMetadata().getAnnotations())
        .collect(Collectors.toList());
  }

  @Nested
  @DisplayName("Policy")
  class Policy {

    private final Stage stage = Stage.running("a", "b", "c");

    @Test
    void goesToTheBackupsFirstAndToTheActiveWhenTheyHaveIt() {
      stage.edit(Edits::policy);
      stage.reconcile();
      assertThat(generations()).isEqualTo("1 2 2");

      stage.says("b", Role.BACKUP, true);
      stage.reconcile();
      assertThat(generations()).isEqualTo("1 2 2");

      stage.says("c", Role.BACKUP, true);
      stage.reconcile();
      assertThat(generations()).isEqualTo("2 2 2");
    }

    @Test
    void thatABackupMayStillTakeBackDoesNotReachTheActive() {
      stage.edit(Edits::policy);
      stage.reconcile();
      stage.says("b", Role.BACKUP, true);
      stage.policyOnTrial("c", true);
      stage.says("c", Role.BACKUP, true);

      ClusterPlan plan = stage.reconcile();

      assertThat(generations()).isEqualTo("1 2 2");
      assertThat(plan.progress().reason()).isEqualTo("PolicyToBackups");
      assertThat(plan.progress().message()).contains("goes to c first");

      stage.policyOnTrial("c", false);
      stage.says("c", Role.BACKUP, true);
      stage.reconcile();
      assertThat(generations()).isEqualTo("2 2 2");
    }

    @Test
    void thatABackupRefusesNeverReachesTheActive() {
      stage.edit(Edits::policy);
      stage.reconcile();
      stage.says("b", Role.BACKUP, true);
      stage.says(
          "c",
          Role.BACKUP,
          true,
          Stage.condition("Accepted", ConditionStatus.FALSE, "no such chain"));

      ClusterPlan plan = stage.reconcile();

      assertThat(generations()).isEqualTo("1 2 2");
      assertThat(plan.progress().reason()).isEqualTo("PolicyRefused");
      assertThat(plan.progress().message()).contains("c refused").contains("no such chain");
    }

    @Test
    void thatABackupRefusesNeverReachesTheActiveAlsoWhenNobodyIsHeardForMinutes() {
      stage.edit(Edits::policy);
      stage.reconcile();
      stage.says("b", Role.BACKUP, true);
      stage.says(
          "c",
          Role.BACKUP,
          true,
          Stage.condition("Accepted", ConditionStatus.FALSE, "no such chain"));

      stage.apiServerWasAway(Duration.ofMinutes(4));
      stage.reconcile();
      assertThat(generations()).isEqualTo("1 2 2");

      stage.pass(Duration.ofMinutes(4));
      stage.reconcile();
      assertThat(generations()).isEqualTo("1 2 2");

      stage.says("a", Role.ACTIVE, true);
      ClusterPlan plan = stage.reconcile();
      assertThat(generations()).isEqualTo("1 2 2");
      assertThat(plan.progress().reason()).isEqualTo("PolicyRefused");
    }

    @Test
    void doesNotReachTheLastActiveWhileNobodyReports() {
      stage.pass(Duration.ofMinutes(4));
      stage.edit(Edits::policy);
      Progress waits = stage.reconcile().progress();

      assertThat(generations()).isEqualTo("1 2 2");
      assertThat(waits.message()).startsWith("a, which was active when it was last heard");
    }

    @Test
    void doesNotWaitForABackupThatIsSilent() {
      stage.edit(Edits::policy);
      stage.pass(Duration.ofMinutes(4));
      stage.says("a", Role.ACTIVE, true);
      stage.reconcile();

      assertThat(generations()).isEqualTo("2 2 2");
    }

    @Test
    void aVridChangesOnAllAtOnceAndIsOnItsWayUntilTheyAllHaveIt() {
      stage.edit(Edits::vrids);
      Progress written = stage.reconcile().progress();

      assertThat(generations()).isEqualTo("2 2 2");
      assertThat(written.reason()).isEqualTo("AllAtOnce");
      assertThat(written.message()).contains("generation 2").contains("VRIDs");

      stage.says("a", Role.ACTIVE, true);
      assertThat(stage.reconcile().progress())
          .isEqualTo(Progress.moving("OnItsWay", "b, c have yet to take and confirm generation 2"));

      stage.says("b", Role.BACKUP, true);
      stage.says("c", Role.BACKUP, true);
      assertThat(stage.reconcile().progress()).isEqualTo(Progress.DONE);
    }

    @Test
    void isOnItsWayUntilTheActiveHasConfirmedIt() {
      stage.edit(Edits::policy);
      stage.reconcile();
      stage.says("b", Role.BACKUP, true);
      stage.says("c", Role.BACKUP, true);
      stage.reconcile();
      stage.policyOnTrial("a", true);
      stage.says("a", Role.ACTIVE, true);

      assertThat(stage.reconcile().progress())
          .isEqualTo(Progress.moving("OnItsWay", "a has yet to take and confirm generation 2"));

      stage.policyOnTrial("a", false);
      stage.says("a", Role.ACTIVE, true);
      assertThat(stage.reconcile().progress()).isEqualTo(Progress.DONE);
    }

    @Test
    void isNotOnItsWayToARouterThatIsSilent() {
      stage.edit(Edits::vrids);
      stage.reconcile();
      stage.pass(Duration.ofMinutes(4));
      stage.says("a", Role.ACTIVE, true);
      stage.says("b", Role.BACKUP, true);

      assertThat(stage.reconcile().progress()).isEqualTo(Progress.DONE);
    }

    @Test
    void maintenanceReachesARouterWhosePolicyHasToWait() {
      stage.edit(Edits::policy);
      stage.cordon("a", true);
      stage.reconcile();

      assertThat(stage.spec("a").generation()).isEqualTo(1);
      assertThat(stage.spec("a").maintenance()).isTrue();
      assertThat(stage.spec("a").self().maintenance()).isTrue();
    }

    private String generations() {
      return stage.spec("a").generation()
          + " "
          + stage.spec("b").generation()
          + " "
          + stage.spec("c").generation();
    }
  }

  @Nested
  @DisplayName("A resource that cannot be used")
  class Refused {

    private final Stage stage = Stage.running("a", "b");

    @Test
    void changesNothing() {
      GatewayNode before = stage.gatewayNode("a");
      stage.edit(spec -> Edits.routers(spec, "a", "a"));

      ClusterPlan plan = stage.reconcile();

      assertThat(plan.acceptance().reason()).isEqualTo("Invalid");
      assertThat(stage.spec("a")).isEqualTo(before.getSpec());
      assertThat(stage.has("b")).isTrue();
      assertThat(stage.spec("b").withdraw()).isFalse();
    }

    @Test
    void stillLetsANodeBeCordoned() {
      stage.edit(spec -> Edits.routers(spec, "a", "nowhere"));
      stage.cordon("a", true);
      ClusterPlan plan = stage.reconcile();

      assertThat(plan.acceptance().reason()).isEqualTo("NodeMissing");
      assertThat(stage.spec("a").maintenance()).isTrue();
      assertThat(stage.spec("b").withdraw()).isFalse();
    }

    @Test
    void aNodeThatWentAwayIsAnotherMatter() {
      stage.leave("b");

      ClusterPlan plan = stage.reconcile();

      assertThat(plan.acceptance().accepted()).isTrue();
      assertThat(plan.troubles()).containsExactly("there is no node b in Kubernetes any more");
    }
  }

  @Nested
  @DisplayName("A node that two clusters want")
  class Taken {

    @Test
    void belongsToTheOlderOne() {
      Stage stage = new Stage("a", "b");
      stage.claim(new Claim("other", "older", "b", false, "2025-01-01T00:00:00Z"));

      assertThat(stage.plan().acceptance().reason()).isEqualTo("NodeTaken");
      assertThat(stage.plan().wanted()).isEmpty();
    }

    @Test
    void staysWithTheOneThatRunsThere() {
      Stage stage = Stage.running("a", "b");
      stage.claim(new Claim("other", "older", "b", false, "2025-01-01T00:00:00Z"));

      assertThat(stage.plan().acceptance().accepted()).isTrue();
    }

    @Test
    void isAlsoOneWhoseObjectsWouldHaveTheSameName() {
      Stage stage = new Stage("a-b", "c");
      stage.claim(new Claim("holdfast-system", "home-a", "b", false, "2025-01-01T00:00:00Z"));

      assertThat(stage.plan().acceptance().sentences().getFirst())
          .contains("would be called home-a-b");
    }
  }

  @Nested
  @DisplayName("A router that joins the list")
  class Joining {

    private final Stage stage = Stage.running("a", "b");

    @Test
    void isKnownToAllAtOnceAndNobodyElsesPodOrRoleIsTouched() {
      String image = stage.imageOf("a");
      stage.join("c");
      stage.edit(spec -> Edits.routers(spec, "a", "b", "c"));
      ClusterPlan plan = stage.reconcile();

      assertThat(plan.acceptance().accepted()).isTrue();
      assertThat(plan.progress().reason()).isEqualTo("AllAtOnce");
      for (String node : List.of("a", "b", "c")) {
        assertThat(stage.spec(node).routers()).as("the list on %s", node).hasSize(3);
        assertThat(stage.spec(node).maintenance()).isFalse();
        assertThat(stage.spec(node).withdraw()).isFalse();
      }
      assertThat(stage.imageOf("a")).isEqualTo(image);
      assertThat(stage.daemonSet("c")).isNotNull();

      stage.says("a", Role.ACTIVE, true);
      stage.says("b", Role.BACKUP, true);
      assertThat(stage.reconcile().progress().message())
          .isEqualTo("the agent on c starts: it is not running yet");

      stage.renewed("c");
      stage.says("c", Role.BACKUP, true);
      assertThat(stage.reconcile().progress()).isEqualTo(Progress.DONE);
    }

    @Test
    void whoseNodeDoesNotExistChangesNothing() {
      stage.edit(spec -> Edits.routers(spec, "a", "b", "nowhere"));
      ClusterPlan plan = stage.reconcile();

      assertThat(plan.acceptance().reason()).isEqualTo("NodeMissing");
      assertThat(stage.spec("a").routers()).hasSize(2);
      assertThat(stage.has("nowhere")).isFalse();
    }
  }

  @Nested
  @DisplayName("A router that leaves")
  class Leaving {

    private final Stage stage = Stage.running("a", "b", "c");

    @Test
    void isHeardByTheOthersUntilItHasWithdrawn() {
      stage.edit(spec -> Edits.routers(spec, "b", "c"));
      ClusterPlan plan = stage.reconcile();
      assertThat(plan.progress().reason()).isEqualTo("RouterLeaves");
      assertThat(stage.spec("a").withdraw()).isTrue();
      assertThat(stage.spec("b").routers()).hasSize(3);

      stage.says("b", Role.ACTIVE, true);
      stage.says("a", Role.INITIALIZE, false, withdrawn());
      stage.reconcile();
      assertThat(stage.spec("b").routers()).hasSize(2);
      assertThat(stage.has("a")).isFalse();
      assertThat(stage.daemonSet("a")).isNull();
    }

    @Test
    void isNotWaitedForWhenItIsSilent() {
      stage.edit(spec -> Edits.routers(spec, "a", "b"));
      stage.pass(Duration.ofMinutes(4));
      stage.says("a", Role.ACTIVE, true);
      stage.says("b", Role.BACKUP, true);
      ClusterPlan plan = stage.reconcile();

      assertThat(stage.spec("a").routers()).hasSize(2);
      assertThat(stage.has("c")).isTrue();
      assertThat(plan.troubles().getFirst()).contains("c left the list and is silent");
    }

    @Test
    void goesWithItsNode() {
      stage.edit(spec -> Edits.routers(spec, "a", "b"));
      stage.leave("c");
      stage.reconcile();

      assertThat(stage.has("c")).isFalse();
    }
  }

  @Nested
  @DisplayName("Deletion")
  class Deletion {

    private final Stage stage = Stage.running("a", "b", "c");

    @Test
    void withdrawsTheBackupsAndThenTheActive() {
      stage.delete();
      stage.reconcile();
      assertThat(withdrawing()).isEqualTo("false true true");

      stage.says("b", Role.INITIALIZE, false, withdrawn());
      stage.reconcile();
      assertThat(withdrawing()).isEqualTo("false true true");

      stage.says("c", Role.INITIALIZE, false, withdrawn());
      stage.reconcile();
      assertThat(withdrawing()).isEqualTo("true true true");
      assertThat(stage.plan().mayGo()).isFalse();

      stage.says("a", Role.INITIALIZE, false, withdrawn());
      assertThat(stage.plan().mayGo()).isTrue();
    }

    @Test
    void ofWhatNeverRanIsDoneAtOnce() {
      Stage fresh = new Stage("a", "b");
      fresh.delete();

      assertThat(fresh.plan().mayGo()).isTrue();
    }

    @Test
    void waitsForASilentRouterAndSaysHowToGoOnWithout() {
      stage.delete();
      stage.reconcile();
      stage.says("b", Role.INITIALIZE, false, withdrawn());
      stage.says("c", Role.INITIALIZE, false, withdrawn());
      stage.pass(Duration.ofMinutes(10));

      assertThat(stage.plan().mayGo()).isFalse();
      assertThat(stage.plan().progress().message())
          .contains("a shall take")
          .contains("kubectl annotate gwc home holdfast.dev/abandon=true");

      stage.annotate(Scene.ABANDON_ANNOTATION, "true");
      assertThat(stage.plan().mayGo()).isTrue();
    }

    private String withdrawing() {
      return stage.spec("a").withdraw()
          + " "
          + stage.spec("b").withdraw()
          + " "
          + stage.spec("c").withdraw();
    }
  }

  @Nested
  @DisplayName("A handover")
  class Handover {

    private final Stage stage = Stage.running("a", "b");

    @Test
    void isKeptWhenTheRequestIsGone() {
      handOverToB();

      assertThat(stage.spec("a").handoverTo()).isEqualTo("b");
    }

    private void handOverToB() {
      stage.annotate(GatewayNodeNames.HANDOVER_ANNOTATION, "b");
      assertThat(stage.reconcile().handoverAnswered()).isFalse();
      stage.says("b", Role.ACTIVE, true);
      stage.says("a", Role.BACKUP, true);
      assertThat(stage.reconcile().handoverAnswered()).isTrue();
      stage.reconcile();
    }

    @Test
    void endsWhenTheRouterLosesTheRole() {
      handOverToB();
      stage.pass(Duration.ofSeconds(10));
      stage.says("b", Role.FAULT, false);
      stage.says("a", Role.ACTIVE, false);
      stage.reconcile();

      assertThat(stage.spec("a").handoverTo()).isNull();
    }

    @Test
    void toAutoGivesTheChoiceBackToPrioritiesAndIsAskedUntilTheBestRouterHasTheRole() {
      handOverToB();
      stage.annotate(GatewayNodeNames.HANDOVER_ANNOTATION, "auto");

      assertThat(stage.reconcile().handoverAnswered()).isFalse();
      assertThat(stage.spec("a").handoverTo()).isNull();
      assertThat(answer().message()).isEqualTo("auto: a is to get the role");

      stage.says("a", Role.ACTIVE, true);
      stage.says("b", Role.BACKUP, true);
      assertThat(answer()).isEqualTo(new Answer(Answer.State.DONE, "Auto", "auto: a has the role"));
      assertThat(stage.reconcile().handoverAnswered()).isTrue();
    }

    @Test
    void toAutoIsDoneAtOnceWhereTheBestRouterThatMayHaveItHasTheRole() {
      handOverToB();
      stage.cordon("a", true);
      stage.annotate(GatewayNodeNames.HANDOVER_ANNOTATION, "auto");

      assertThat(answer().message()).isEqualTo("auto: b has the role");
    }

    @Test
    void toAutoLeavesTheRoleWhereItIsWhereNobodyPreempts() {
      stage.edit(Edits::neverPreempting);
      handOverToB();
      stage.annotate(GatewayNodeNames.HANDOVER_ANNOTATION, "auto");

      assertThat(answer().message()).startsWith("auto: b keeps the role until it fails");
      assertThat(stage.reconcile().handoverAnswered()).isTrue();
    }

    @Test
    void toAutoThatTakesTooLongIsSaid() {
      handOverToB();
      stage.annotate(GatewayNodeNames.HANDOVER_ANNOTATION, "auto");
      stage.asked("auto: a is to get the role");
      stage.pass(Duration.ofMinutes(1));

      assertThat(answer().state()).isEqualTo(Answer.State.REFUSED);
      assertThat(answer().message()).startsWith("auto: a did not get the role in time");
    }

    @Test
    void isNotDoneByAWordThatIsOld() {
      stage.apiServerWasAway(Duration.ofMinutes(4));
      stage.annotate(GatewayNodeNames.HANDOVER_ANNOTATION, "a");

      assertThat(answer().state()).isEqualTo(Answer.State.ASKED);

      stage.says("a", Role.ACTIVE, true);
      assertThat(answer().state()).isEqualTo(Answer.State.DONE);
    }

    private Answer answer() {
      return Objects.requireNonNull(stage.plan().handover());
    }

    @Test
    void toACordonedRouterOrAStrangerIsRefused() {
      stage.cordon("b", true);
      stage.annotate(GatewayNodeNames.HANDOVER_ANNOTATION, "b");
      assertThat(answer().message()).startsWith("b ").contains("uncordon it");

      stage.annotate(GatewayNodeNames.HANDOVER_ANNOTATION, "z");
      assertThat(answer().message()).startsWith("z is no router of this cluster");
      assertThat(stage.plan().handoverAnswered()).isTrue();
    }
  }

  @Nested
  @DisplayName("The link key")
  class Key {

    private final Stage stage = Stage.running("a", "b");

    @Test
    void isMadeOnce() {
      String made = stage.keyFile();
      stage.reconcile();

      assertThat(stage.keyFile()).isEqualTo(made).isEqualTo(Stage.key(1) + "\n");
    }

    @Test
    void isRotatedInThreeStepsEachOfWhichWaitsForEveryRouter() {
      String old = stage.keyFile().strip();
      stage.annotate("holdfast.dev/rotate-link-key", "today");
      stage.reconcile();
      List<String> both = stage.keyFile().lines().toList();
      assertThat(both).hasSize(2).startsWith(old);

      stage.says("a", Role.ACTIVE, true);
      stage.reconcile();
      assertThat(stage.keyFile().lines().toList()).isEqualTo(both);

      stage.says("b", Role.BACKUP, true);
      stage.reconcile();
      assertThat(stage.keyFile().lines().toList()).isEqualTo(both.reversed());

      stage.reconcile();
      assertThat(stage.keyFile().lines().toList()).isEqualTo(both.reversed());

      stage.says("a", Role.ACTIVE, true);
      stage.says("b", Role.BACKUP, true);
      stage.reconcile();
      assertThat(stage.keyFile().strip()).isEqualTo(both.getLast());
      stage.reconcile();
      assertThat(stage.keyFile().strip()).isEqualTo(both.getLast());
    }

    @Test
    void isRotatedWhenItIsOld() {
      stage.pass(Duration.ofDays(91));
      stage.reconcile();

      assertThat(stage.keyFile().lines()).hasSize(2);
    }
  }

  @Nested
  @DisplayName("Agents as host services")
  class Host {

    @Test
    void haveNoPodsAndEverythingElse() {
      Stage stage = new Stage("a", "b");
      stage.edit(Edits::onTheHost);
      List<String> kinds =
          stage.reconcile().wanted().stream().map(HasMetadata::getKind).distinct().toList();

      assertThat(kinds)
          .containsExactlyInAnyOrder(
              "GatewayNode", "Secret", "ServiceAccount", "Role", "RoleBinding");
      assertThat(stage.daemonSet("a")).isNull();
    }

    @Test
    void takeThePlaceOfPodsRouterByRouterAsAPersonEndsThem() {
      Stage stage = Stage.running("a", "b");
      stage.edit(Edits::onTheHost);
      ClusterPlan plan = stage.reconcile();

      assertThat(stage.daemonSet("a")).isNotNull();
      assertThat(stage.daemonSet("b")).isNotNull();
      assertThat(stage.spec("a").withdraw()).isFalse();
      assertThat(plan.progress().state()).isEqualTo(Progress.State.HALTED);
      assertThat(plan.progress().reason()).isEqualTo("PodsRemain");
      assertThat(plan.progress().message())
          .contains("those of b, a are still pods")
          .contains("kubectl -n holdfast-system delete daemonset home-b");

      stage.deleteDaemonSet("b");
      assertThat(stage.reconcile().progress().message()).contains("delete daemonset home-a");
      assertThat(stage.daemonSet("b")).isNull();

      stage.deleteDaemonSet("a");
      stage.says("a", Role.ACTIVE, true);
      stage.says("b", Role.BACKUP, true);
      assertThat(stage.reconcile().progress().reason()).isNotEqualTo("PodsRemain");
    }

    @Test
    void areNotTouchedWhenPodsAreAskedFor() {
      Stage stage = new Stage("a", "b");
      stage.edit(Edits::onTheHost);
      stage.reconcile();
      stage.says("a", Role.ACTIVE, true);
      stage.says("b", Role.BACKUP, true);
      stage.edit(Edits::inPods);
      stage.reconcile();

      assertThat(stage.daemonSet("a")).isNotNull();
      assertThat(stage.spec("a").maintenance()).isFalse();
      assertThat(stage.spec("b").maintenance()).isFalse();
    }

    @Test
    void takeNoPodAwayWhenTheResourceThatAsksForThemCannotBeUsed() {
      Stage stage = Stage.running("a", "b");
      stage.edit(spec -> Edits.routers(Edits.onTheHost(spec), "a", "a"));
      ClusterPlan plan = stage.reconcile();

      assertThat(plan.acceptance().accepted()).isFalse();
      assertThat(stage.daemonSet("a")).isNotNull();
      assertThat(stage.daemonSet("b")).isNotNull();

      stage.deleteDaemonSet("b");
      stage.reconcile();

      assertThat(stage.daemonSet("a")).isNotNull();
      assertThat(stage.daemonSet("b")).isNull();
    }
  }

  @Test
  void aCordonMovesNothingWhereTheResourceSaysSo() {
    Stage stage = Stage.running("a", "b");
    stage.edit(Edits::deafToCordons);
    stage.cordon("a", true);
    stage.reconcile();

    assertThat(stage.spec("a").maintenance()).isFalse();
  }

  private static dev.holdfast.api.v1alpha1.Condition withdrawn() {
    return Stage.condition("Withdrawn", ConditionStatus.TRUE, "");
  }

  @Test
  void routersOfTheResourceCanBeInMaintenanceByName() {
    Stage stage = Stage.running("a", "b");
    stage.edit(
        spec ->
            Edits.routers(
                spec,
                List.of(
                    new RouterSpec("a", 200, Map.of(), Map.of(), true),
                    new RouterSpec("b", 150, Map.of(), Map.of(), null))));
    stage.reconcile();

    assertThat(stage.spec("a").maintenance()).isTrue();
  }
}
