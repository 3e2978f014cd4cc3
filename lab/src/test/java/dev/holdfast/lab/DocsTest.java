package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What a reader would find out the hard way. */
@DisplayName("The pages of documentation")
class DocsTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** {@code [text](target)}, but nothing of another place. */
  private static final Pattern LINK = Pattern.compile("]\\((?!https?:)([^)\\s]+)\\)");

  private static final Pattern PATH =
      Pattern.compile("\\b(?:docs|helm|lab|operator|crds|node-agent)/[\\w./-]*\\w");
  private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT|E2E|Contract))`");
  private static final Pattern LAB = Pattern.compile("\\./dev lab (-[^`#\n]*)");

  private record Page(Path file, String text) {

    Stream<String> all(Pattern pattern) {
      return pattern.matcher(text).results().map(found -> last(found));
    }

    private static String last(MatchResult found) {
      return found.group(found.groupCount());
    }
  }

  private static List<Page> pages() throws IOException {
    List<Page> pages = new ArrayList<>();
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      for (Path file :
          Stream.concat(
                  docs.filter(one -> one.toString().endsWith(".md")),
                  Stream.of("README.md", "CONTRIBUTING.md", "lab/kube/README.md")
                      .map(ROOT::resolve))
              .sorted()
              .toList()) {
        pages.add(new Page(file, Files.readString(file)));
      }
    }
    assertThat(pages).hasSizeGreaterThan(20);
    return pages;
  }

  @Test
  void linkToWhatIsThere() throws IOException {
    List<String> dead = new ArrayList<>();
    for (Page page : pages()) {
      page.all(LINK)
          .filter(link -> !leads(page.file(), link))
          .forEach(link -> dead.add(ROOT.relativize(page.file()) + ": " + link));
    }

    assertThat(dead).isEmpty();
  }

  private static boolean leads(Path from, String link) {
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? from : from.resolveSibling(parts[0]).normalize();
    return Files.exists(target) && (parts.length == 1 || anchors(target).contains(parts[1]));
  }

  /** As GitHub makes them of headings. */
  private static Set<String> anchors(Path page) {
    try {
      return Files.readAllLines(page).stream()
          .filter(line -> line.startsWith("#"))
          .map(line -> line.replaceFirst("^#+ *", "").toLowerCase(Locale.ROOT))
          .map(title -> title.replaceAll("[^\\w -]", "").replace(' ', '-'))
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is below {@code target/} is made by a command. */
  @Test
  void nameFilesThatAreThere() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Page page : pages()) {
      page.all(PATH)
          .filter(path -> !path.contains("/target/"))
          .filter(path -> !isThere(ROOT.resolve(path)))
          .filter(path -> !Files.exists(page.file().resolveSibling(path)))
          .forEach(path -> missing.add(ROOT.relativize(page.file()) + ": " + path));
    }

    assertThat(missing).isEmpty();
  }

  /** A decision is called by its number. */
  private static boolean isThere(Path path) {
    if (!path.getFileName().toString().matches("\\d{3}")) {
      return Files.exists(path);
    }
    try (Stream<Path> decisions = Files.list(path.getParent())) {
      return decisions.anyMatch(one -> one.toString().startsWith(path + "-"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nameTestsThatThereAre() throws IOException {
    Set<String> tests = new TreeSet<>();
    for (String module : List.of("crds", "node-agent", "operator", "lab", "helm")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
        files
            .map(file -> file.getFileName().toString())
            .filter(name -> name.endsWith(".java"))
            .forEach(name -> tests.add(name.substring(0, name.length() - 5)));
      }
    }
    List<String> missing = new ArrayList<>();
    for (Page page : pages()) {
      page.all(TEST)
          .filter(test -> !tests.contains(test))
          .forEach(test -> missing.add(ROOT.relativize(page.file()) + ": " + test));
    }

    assertThat(missing).isEmpty();
  }

  /** Options, faults, stacks, and what goes together; a word in capitals stands for any. */
  @Test
  void showCommandsThatTheLabTakes() throws IOException {
    List<String> commands = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    for (Page page : pages()) {
      Page joined = new Page(page.file(), page.text().replaceAll(" \\\\\\R *", " "));
      joined.all(LAB).map(String::strip).filter(DocsTest::isWhole).forEach(commands::add);
    }
    assertThat(commands).hasSizeGreaterThan(8);
    for (String command : commands) {
      try {
        LabCommand lab = new LabCommand();
        new CommandLine(lab).parseArgs(command.split(" +"));
        lab.checkUsage();
      } catch (CommandLine.ParameterException | IllegalArgumentException e) {
        refused.add("./dev lab " + command + ": " + e.getMessage());
      }
    }

    assertThat(refused).isEmpty();
  }

  private static boolean isWhole(String command) {
    return Arrays.stream(command.split(" +")).noneMatch(word -> word.matches("[A-Z]+|.*\\|.*"));
  }
}
