package dev.holdfast.lab;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.holdfast.agent.Subcommand;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The doors of the lab")
class DoorsTest {

  private static final JavaClasses LAB =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.holdfast.lab");

  private static final DescribedPredicate<JavaClass> AGENT =
      resideInAPackage("dev.holdfast.agent..");

  @Test
  void theAgentIsAProgramToTheLabAndLendsItOnlySystemCallsAndHowAResourceIsRead() {
    noClasses()
        .should()
        .dependOnClassesThat(
            AGENT
                .and(DescribedPredicate.not(resideInAPackage("dev.holdfast.agent.linux")))
                .and(DescribedPredicate.not(resideInAPackage("dev.holdfast.agent.config")))
                .and(DescribedPredicate.not(type(Subcommand.class))))
        .check(LAB);
  }

  @Test
  void theJudgeHasNoClockNoThreadAndNoFiles() {
    noClasses()
        .that()
        .resideInAPackage("dev.holdfast.lab.measure.judge")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(System.class, Thread.class, Runtime.class, ProcessBuilder.class)
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage("java.io..", "java.nio..", "java.net..")
        .check(LAB);
  }

  @Test
  void nothingBelowKnowsTheCommand() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.holdfast.lab.net..",
            "dev.holdfast.lab.stack..",
            "dev.holdfast.lab.fault..",
            "dev.holdfast.lab.measure..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("picocli..", "dev.holdfast.lab.report..", "dev.holdfast.lab.bench..")
        .check(LAB);
  }

  @Test
  void machinesDoNotKnowWhatRunsOnThem() {
    classes()
        .that()
        .resideInAPackage("dev.holdfast.lab.net")
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage("dev.holdfast.lab.net")
                .or(resideInAPackage("dev.holdfast.api.."))
                .or(resideInAPackage("dev.holdfast.agent.linux"))
                .or(type(LabException.class))
                .or(resideInAPackage("java.."))
                .or(resideInAPackage("org.jspecify..")))
        .check(LAB);
  }
}
