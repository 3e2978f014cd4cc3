package dev.holdfast.agent.kube;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("An agent without Kubernetes has no Kubernetes client")
class ClientIsNotLoadedIT {

  @TempDir Path folder;

  @Test
  void onlyTheRoomKubeKnowsTheClient() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.holdfast.agent.kube")
        .and()
        .doNotHaveFullyQualifiedName("dev.holdfast.agent.KubernetesAgent")
        .should()
        .dependOnClassesThat(resideInAPackage("io.fabric8.."))
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.holdfast.agent"));
  }

  /** As it was built, with the start-up cache when there is one. */
  @Test
  void noClassOfItIsLoadedForAFile() throws IOException, InterruptedException {
    Path loaded = folder.resolve("loaded");
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of("bin/holdfast", "check", "--config", "../docs/examples/article.yaml"));
    builder
        .environment()
        .put("HOLDFAST_JAVA_OPTIONS", "-Xlog:class+load:file=" + loaded.toAbsolutePath());
    Process process = builder.inheritIO().start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();

    assertThat(Files.readAllLines(loaded))
        .anyMatch(line -> line.contains("dev.holdfast.agent.config.ClusterFile"))
        .noneMatch(line -> line.contains("io.fabric8."));
  }
}
