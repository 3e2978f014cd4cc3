package dev.holdfast.agent.command;

import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.agent.config.Problem;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.RouterSpec;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Reads the file that {@code --config} names. */
final class ConfigFile {

  private ConfigFile() {}

  /** The file's gateway, or what is wrong with it; a file that cannot be read is a problem too. */
  static ClusterFile.Result read(Path file) {
    try {
      return ClusterFile.parse(Files.readString(file));
    } catch (NoSuchFileException e) {
      return refused(file, "there is no such file");
    } catch (CharacterCodingException e) {
      return refused(file, "is not UTF-8 text");
    } catch (IOException e) {
      return refused(file, "cannot be read: " + e);
    }
  }

  /** The sentence for a name that is not among the file's routers. */
  static String unknownNode(String node, GatewayClusterSpec spec) {
    return "\""
        + node
        + "\" is not a router of this GatewayCluster; write one of "
        + String.join(", ", spec.routers().stream().map(RouterSpec::node).toList());
  }

  private static ClusterFile.Result refused(Path file, String sentence) {
    return new ClusterFile.Result.Refused(List.of(new Problem(file.toString(), 0, sentence)));
  }
}
