package dev.holdfast.operator;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.fabric8.kubernetes.client.CustomResource;
import java.security.SecureRandom;
import java.time.Clock;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The operator's doors")
class DoorsTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.holdfast.operator");

  @Test
  void planAndStatusKnowNoClient() {
    noClasses()
        .that()
        .resideInAnyPackage("..operator.plan..", "..operator.status..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.fabric8.kubernetes.client..")
                .and(not(belongToAnyOf(CustomResource.class))))
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.javaoperatorsdk..", "io.quarkus..", "..operator.kube..", "..operator.reconcile..")
        .check(MAIN);
  }

  @Test
  void planAndStatusReadNoClockAndThrowNoDice() {
    noClasses()
        .that()
        .resideInAnyPackage("..operator.plan..", "..operator.status..")
        .should()
        .dependOnClassesThat(
            belongToAnyOf(
                System.class, Thread.class, Runtime.class, Clock.class, SecureRandom.class))
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .check(MAIN);
  }

  @Test
  void planDoesNotKnowStatus() {
    noClasses()
        .that()
        .resideInAPackage("..operator.plan..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..operator.status..")
        .check(MAIN);
  }
}
