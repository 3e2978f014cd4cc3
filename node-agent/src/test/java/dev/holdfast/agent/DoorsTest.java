package dev.holdfast.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may know whom. A room's {@code package-info} says what it is for. */
@DisplayName("The doors of the agent")
class DoorsTest {

  private static final String ROOT = "dev.holdfast.agent";

  private static final JavaClasses AGENT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  /** The language, addresses as values, and bytes: what every pure room may use. */
  private static final List<String> EVERYWHERE =
      List.of(
          "java.lang..",
          "java.util..",
          "java.nio",
          "java.nio.charset..",
          "org.jspecify..",
          "dev.holdfast.api.addr");

  private static final String[] PURE = {
    room("role.core"),
    room("vrrp.core"),
    room("vrrp.wire"),
    room("flow"),
    room("sync.core"),
    room("sync.wire"),
    room("ctnetlink"),
    room("rtnetlink"),
    room("firewall.core")
  };

  private static String room(String name) {
    return ROOT + "." + name;
  }

  /** A pure room, and what it may know besides itself. */
  static Stream<Arguments> pureRooms() {
    return Stream.of(
        Arguments.of("role.core", List.of()),
        Arguments.of("vrrp.wire", List.of()),
        Arguments.of("vrrp.core", List.of(room("vrrp.wire"))),
        Arguments.of("flow", List.of()),
        Arguments.of("sync.wire", List.of(room("flow"), "javax.crypto..", "java.security..")),
        Arguments.of("sync.core", List.of(room("sync.wire"), room("flow"), "javax.crypto")),
        Arguments.of("ctnetlink", List.of(room("flow"))),
        Arguments.of("rtnetlink", List.of()),
        Arguments.of("firewall.core", List.of("dev.holdfast.api.v1alpha1")));
  }

  @ParameterizedTest
  @MethodSource("pureRooms")
  void aPureRoomKnowsOnlyPureRoomsBelowIt(String name, List<String> below) {
    var allowed = new ArrayList<>(EVERYWHERE);
    allowed.add(room(name));
    allowed.addAll(below);
    classes()
        .that()
        .resideInAPackage(room(name))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(allowed.toArray(String[]::new))
        .check(AGENT);
  }

  @Test
  void aPureRoomReadsNoClockStartsNoThreadAndAsksNothingOfTheMachine() {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "getenv", String.class)
        .orShould()
        .callMethod(System.class, "getProperty", String.class)
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(
            Thread.class,
            Runtime.class,
            ProcessBuilder.class,
            ProcessHandle.class,
            Clock.class,
            Instant.class)
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.concurrent..", "java.util.logging..", "org.slf4j..")
        .check(AGENT);
  }

  /** A session holds its keys; what is done with them, {@code sync.wire} knows. */
  @Test
  void theLinkHoldsKeysAndLeavesSealingToTheWire() {
    noClasses()
        .that()
        .resideInAPackage(room("sync.core"))
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Cipher.class, Mac.class, SecureRandom.class)
        .check(AGENT);
  }

  @Test
  void theLoopComposesTheCoresAndDoesNothingItself() {
    classes()
        .that()
        .resideInAPackage(room("loop"))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            Stream.concat(
                    EVERYWHERE.stream(),
                    Stream.of(
                        room("loop"), room("role.core"), room("vrrp.core"), room("vrrp.wire")))
                .toArray(String[]::new))
        .check(AGENT);
  }

  @Test
  void theLoopIsToldTheTime() {
    noClasses()
        .that()
        .resideInAPackage(room("loop"))
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(Clock.class, Instant.class)
        .check(AGENT);
  }

  @Test
  void systemCallsKnowNobodyAndOnlyTheyKnowJna() {
    noClasses()
        .that()
        .resideInAPackage(room("linux"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            ROOT,
            room("role.."),
            room("vrrp.."),
            room("flow"),
            room("sync.."),
            room("ctnetlink"),
            room("rtnetlink"),
            room("firewall.."),
            room("config"),
            room("loop"),
            room("ops"),
            room("shell"),
            room("kube"),
            room("command"))
        .check(AGENT);
    noClasses()
        .that()
        .resideOutsideOfPackage(room("linux"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("com.sun.jna..")
        .check(AGENT);
  }

  /** The room for Kubernetes keeps what it accepted with the shell's store. */
  @Test
  void onlyWhoeverWiresTheAgentKnowsTheShell() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT, room("command"), room("kube"), room("shell"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(room("shell"))
        .check(AGENT);
  }

  @Test
  void onlyWhoeverSpeaksToAnApiServerKnowsTheClient() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT, room("command"), room("kube"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.fabric8..", room("kube"))
        .check(AGENT);
  }

  @Test
  void theConfigurationIsReadWithoutTheRunningAgent() {
    noClasses()
        .that()
        .resideInAPackage(room("config"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            room("shell"), room("loop"), room("ops"), room("linux"), room("role.."), room("sync.."))
        .check(AGENT);
  }
}
