package dev.holdfast.agent.shell;

import dev.holdfast.agent.sync.wire.LinkKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** The file with the key of the sealed link, which only its owner may read. */
public final class LinkKeyFile {

  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.GROUP_WRITE);

  private LinkKeyFile() {}

  /** The keys, or one sentence that says what to do. */
  public static LinkKeys.Parsed read(Path file) {
    try {
      Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
      if (mode.stream().anyMatch(OTHERS::contains)) {
        return new LinkKeys.Parsed.Refused(
            "the link key " + file + " is open to others; say 'chmod 600 " + file + "'");
      }
      return switch (LinkKeys.parse(Files.readString(file))) {
        case LinkKeys.Parsed.Ok ok -> ok;
        case LinkKeys.Parsed.Refused(String sentence) ->
            new LinkKeys.Parsed.Refused(file + ": " + sentence);
      };
    } catch (NoSuchFileException e) {
      return new LinkKeys.Parsed.Refused(
          "there is no link key at "
              + file
              + "; make one with 'holdfast keygen --link-key "
              + file
              + "' and copy it to every router of the cluster, or say where it is with --link-key");
    } catch (IOException e) {
      return new LinkKeys.Parsed.Refused("cannot read the link key " + file + ": " + e);
    }
  }
}
