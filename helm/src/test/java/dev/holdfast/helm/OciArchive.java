package dev.holdfast.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * An image archive as whoever imports it reads it: from its index over the manifest to the layers,
 * every digest and size on the way computed anew.
 *
 * @param name under which containerd will know it
 * @param files of all layers, without a leading slash or dot
 */
record OciArchive(String name, JsonNode image, List<String> files) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String OCI = "application/vnd.oci.image.";

  /**
   * @param scratch an empty folder
   */
  static OciArchive read(Path archive, Path scratch) throws IOException {
    run("tar", "-xf", archive.toString(), "-C", scratch.toString());
    assertThat(JSON.readTree(scratch.resolve("oci-layout").toFile()))
        .isEqualTo(JSON.readTree("{\"imageLayoutVersion\": \"1.0.0\"}"));
    JsonNode index = JSON.readTree(scratch.resolve("index.json").toFile());
    assertThat(index.path("schemaVersion").asInt()).isEqualTo(2);
    assertThat(index.path("mediaType").asText()).isEqualTo(OCI + "index.v1+json");
    assertThat(index.path("manifests")).hasSize(1);
    JsonNode entry = index.at("/manifests/0");
    Set<String> used = new TreeSet<>();
    JsonNode manifest = JSON.readTree(blob(scratch, entry, "manifest.v1+json", used).toFile());
    JsonNode image =
        JSON.readTree(blob(scratch, manifest.path("config"), "config.v1+json", used).toFile());
    List<String> files = new ArrayList<>();
    List<String> unpacked = new ArrayList<>();
    for (JsonNode layer : manifest.path("layers")) {
      Path file = blob(scratch, layer, "layer.v1.tar+gzip", used);
      try (InputStream tar = new GZIPInputStream(Files.newInputStream(file))) {
        unpacked.add(sha256(tar));
      }
      run("tar", "-tzf", file.toString())
          .lines()
          .map(path -> path.replaceFirst("^\\./", "").replaceFirst("/$", ""))
          .forEach(files::add);
    }
    List<String> stated = new ArrayList<>();
    image.at("/rootfs/diff_ids").forEach(one -> stated.add(one.asText()));
    assertThat(stated).as("what the layers are unpacked").isEqualTo(unpacked).isNotEmpty();
    assertThat(blobs(scratch)).as("nothing that nothing names").isEqualTo(used);
    JsonNode annotations = entry.path("annotations");
    String name = annotations.path("io.containerd.image.name").asText();
    assertThat(name).endsWith(":" + annotations.path("org.opencontainers.image.ref.name").asText());
    return new OciArchive(name, image, files);
  }

  private static Path blob(Path scratch, JsonNode descriptor, String type, Set<String> used)
      throws IOException {
    String digest = descriptor.path("digest").asText();
    Path file = scratch.resolve("blobs").resolve(digest.replace(':', '/'));
    assertThat(descriptor.path("mediaType").asText()).isEqualTo(OCI + type);
    assertThat(Files.size(file)).as(digest).isEqualTo(descriptor.path("size").asLong());
    try (InputStream in = Files.newInputStream(file)) {
      assertThat(sha256(in)).isEqualTo(digest);
    }
    used.add(digest);
    return file;
  }

  private static String sha256(InputStream in) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (var reading = new DigestInputStream(in, digest)) {
        reading.transferTo(java.io.OutputStream.nullOutputStream());
      }
      return "sha256:" + HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Set<String> blobs(Path scratch) throws IOException {
    try (Stream<Path> files = Files.list(scratch.resolve("blobs/sha256"))) {
      return files
          .map(file -> "sha256:" + file.getFileName())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** What the program says; a failure fails the test. */
  static String run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.onExit().join().exitValue()).as(text).isZero();
    return text;
  }
}
