package dev.holdfast.agent.shell;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Small files that survive a crash, a power cut in the middle of a write, and a damaged disk block.
 * A file is written whole beside the old one, brought to the disk, and then put in its place; the
 * one before stays as {@code NAME.previous}. A first line holds length and checksum:
 *
 * <pre>holdfast 1 LENGTH SHA-256</pre>
 *
 * <p>What is behind it is the content as given. Reading checks; a damaged file counts as absent and
 * the previous one is given instead.
 *
 * <p>One process per folder, one thread at a time.
 */
public final class DiskStore {
  private static final String MAGIC = "holdfast 1 ";
  private static final Pattern HEADER = Pattern.compile(MAGIC + "(\\d+) ([0-9a-f]{64})");
  private static final int HEADER_MAX = 128;
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Path directory;

  /**
   * @param directory made when the first file is written
   */
  public DiskStore(Path directory) {
    this.directory = directory;
  }

  /**
   * What was read.
   *
   * @param problem empty, or a sentence: the newest file was damaged and this is the one before
   */
  public record Stored(String text, String problem) {}

  /**
   * Writes a file. When this returns, it is on the disk.
   *
   * @param name without folders
   */
  public synchronized void write(String name, String text) throws IOException {
    byte[] content = text.getBytes(StandardCharsets.UTF_8);
    Files.createDirectories(directory);
    Path current = directory.resolve(name);
    Path fresh = directory.resolve(name + ".new");
    Files.deleteIfExists(fresh);
    writeAndSync(fresh, content);
    // A damaged current file must not take the place of a good previous one.
    if (isIntact(current)) {
      Files.move(current, previous(name), StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(fresh, current, StandardCopyOption.ATOMIC_MOVE);
    syncDirectory();
  }

  /**
   * Reads a file, or the one before when it is damaged or missing.
   *
   * @return empty when neither is there, or neither is intact
   */
  public synchronized Optional<Stored> read(String name) {
    String problem;
    try {
      return Optional.of(new Stored(readChecked(directory.resolve(name)), ""));
    } catch (NoSuchFileException e) {
      problem = name + " is missing: the one written before it is used";
    } catch (IOException e) {
      problem = name + " is damaged (" + e.getMessage() + "): the one written before it is used";
    }
    try {
      return Optional.of(new Stored(readChecked(previous(name)), problem));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The two that are kept of each file, newest first. */
  public enum Copy {
    CURRENT,
    PREVIOUS
  }

  /**
   * Reads one of the two.
   *
   * @return empty when it is not there
   * @throws IOException when it is damaged, saying how
   */
  public synchronized Optional<String> read(String name, Copy copy) throws IOException {
    try {
      return Optional.of(readChecked(path(name, copy)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Where one of the two is, for messages. */
  public Path path(String name, Copy copy) {
    return switch (copy) {
      case CURRENT -> directory.resolve(name);
      case PREVIOUS -> previous(name);
    };
  }

  /** Removes a file and the one before. */
  public synchronized void delete(String name) throws IOException {
    boolean there = Files.deleteIfExists(previous(name));
    there |= Files.deleteIfExists(directory.resolve(name));
    if (there) {
      syncDirectory();
    }
  }

  private Path previous(String name) {
    return directory.resolve(name + ".previous");
  }

  private static void writeAndSync(Path path, byte[] content) throws IOException {
    Set<OpenOption> options = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    FileAttribute<?> ownerOnly = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    String header = MAGIC + content.length + " " + checksum(content) + "\n";
    try (FileChannel channel = FileChannel.open(path, options, ownerOnly)) {
      ByteBuffer whole = ByteBuffer.allocate(header.length() + content.length);
      whole.put(header.getBytes(StandardCharsets.US_ASCII)).put(content).flip();
      while (whole.hasRemaining()) {
        channel.write(whole);
      }
      channel.force(true);
    }
  }

  private boolean isIntact(Path path) {
    try {
      readChecked(path);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String readChecked(Path path) throws IOException {
    byte[] whole = Files.readAllBytes(path);
    int end = 0;
    while (end < whole.length && end < HEADER_MAX && whole[end] != '\n') {
      end++;
    }
    String header = new String(whole, 0, end, StandardCharsets.US_ASCII);
    Matcher fields = HEADER.matcher(header);
    if (!fields.matches() || end >= whole.length) {
      throw new IOException("it does not begin with a header");
    }
    byte[] content = new byte[whole.length - end - 1];
    System.arraycopy(whole, end + 1, content, 0, content.length);
    if (!fields.group(1).equals(Integer.toString(content.length))) {
      throw new IOException("it has " + content.length + " bytes instead of " + fields.group(1));
    }
    if (!fields.group(2).equals(checksum(content))) {
      throw new IOException("its checksum is wrong");
    }
    return new String(content, StandardCharsets.UTF_8);
  }

  private static String checksum(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** A rename is on the disk only when its folder is. */
  private void syncDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
