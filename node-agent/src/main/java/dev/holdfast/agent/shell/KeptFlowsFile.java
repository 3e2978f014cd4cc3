package dev.holdfast.agent.shell;

import dev.holdfast.agent.sync.core.KeptFlows;
import dev.holdfast.agent.sync.wire.KeptHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.Set;

/**
 * The flows of this router on its disk; the layout is {@link KeptHeader}'s. Too large for {@link
 * DiskStore}, which holds a file in memory: written and read a piece at a time. As there, a file is
 * written whole beside the old one, brought to the disk, and then put in its place.
 *
 * <p>One thread at a time, but {@link #forget}.
 */
final class KeptFlowsFile {
  /** In the state folder. */
  static final String NAME = "flows";

  /** Some 700 000 flows. */
  static final long BYTES_MAX = 64L << 20;

  private static final int CHECKSUM_BYTES = 32;
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path current;
  private final Path fresh;
  private boolean forgotten;

  KeptFlowsFile(Path folder) {
    current = folder.resolve(NAME);
    fresh = folder.resolve(NAME + ".new");
  }

  /**
   * Reads how it begins.
   *
   * @return empty when there is none
   * @throws IOException when it cannot be used, with a sentence whose subject is the file
   */
  Optional<KeptHeader> header() throws IOException {
    try (Reader reader = open()) {
      return Optional.of(reader.header);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Reads all of it and looks whether it is what was written.
   *
   * @throws IOException when it is not, with a sentence whose subject is the file
   */
  void check() throws IOException {
    try (Reader reader = open()) {
      ByteBuffer piece = ByteBuffer.allocate(KeptFlows.PIECE_BYTES_MAX);
      while (reader.next(piece.clear())) {
        // The reader sums up; what is in it is looked at when it is needed.
      }
    }
  }

  /** For {@link Reader#next}, piece after piece. */
  Reader open() throws IOException {
    FileChannel channel = FileChannel.open(current, StandardOpenOption.READ);
    try {
      return new Reader(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Begins a new one; the old one stays until {@link Writer#finish}. */
  Writer begin(KeptHeader header) throws IOException {
    Files.createDirectories(fresh.getParent());
    Files.deleteIfExists(fresh);
    Set<OpenOption> options = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    return new Writer(FileChannel.open(fresh, options, OWNER_ONLY), header);
  }

  /** Removes it; from now on none appears. Any thread. */
  synchronized void forget() throws IOException {
    forgotten = true;
    Files.deleteIfExists(fresh);
    Files.deleteIfExists(current);
  }

  private synchronized void putInPlace() throws IOException {
    if (forgotten) {
      Files.deleteIfExists(fresh);
    } else {
      Files.move(fresh, current, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  @Override
  public String toString() {
    return current.toString();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** A file that is being written. Closing it unfinished leaves the old one. */
  final class Writer implements AutoCloseable {
    private final FileChannel channel;
    private final MessageDigest digest = sha256();
    private final ByteBuffer small = ByteBuffer.allocate(KeptHeader.BYTES);
    private long bytes;

    private Writer(FileChannel channel, KeptHeader header) throws IOException {
      this.channel = channel;
      header.write(small);
      digested(small.flip());
    }

    /** Bytes so far. */
    long bytes() {
      return bytes;
    }

    /** Takes all that remains. */
    void append(ByteBuffer piece) throws IOException {
      if (piece.hasRemaining()) {
        digested(small.clear().putInt(piece.remaining()).flip());
        digested(piece);
      }
    }

    /** It is whole; when this returns, it is on the disk and in its place. */
    void finish() throws IOException {
      digested(small.clear().putInt(0).flip());
      write(ByteBuffer.wrap(digest.digest()));
      channel.force(true);
      channel.close();
      putInPlace();
      try (FileChannel folder = FileChannel.open(current.getParent(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    }

    private void digested(ByteBuffer all) throws IOException {
      digest.update(all.duplicate());
      write(all);
    }

    private void write(ByteBuffer all) throws IOException {
      bytes += all.remaining();
      while (all.hasRemaining()) {
        channel.write(all);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** A file that is being read. */
  static final class Reader implements AutoCloseable {
    private final FileChannel channel;
    private final MessageDigest digest = sha256();
    private final ByteBuffer small = ByteBuffer.allocate(KeptHeader.BYTES);
    private final KeptHeader header;

    private Reader(FileChannel channel) throws IOException {
      this.channel = channel;
      if (channel.size() > BYTES_MAX + KeptFlows.PIECE_BYTES_MAX) {
        throw new IOException("it is larger than " + BYTES_MAX + " bytes");
      }
      fill(small);
      digest.update(small.duplicate());
      header =
          switch (KeptHeader.read(small)) {
            case KeptHeader.Read.Ok(KeptHeader read) -> read;
            case KeptHeader.Read.Refused(String sentence) -> throw new IOException(sentence);
          };
    }

    /**
     * Puts the next piece into a cleared buffer, ready to be read.
     *
     * @return false when there is none and the checksum of all that came is right
     */
    boolean next(ByteBuffer piece) throws IOException {
      fill(small.clear().limit(Integer.BYTES));
      digest.update(small.duplicate());
      int length = small.getInt();
      if (length == 0) {
        end();
        return false;
      }
      if (length < 0 || length > piece.remaining()) {
        throw new IOException("it is damaged");
      }
      fill(piece.limit(piece.position() + length));
      digest.update(piece.duplicate());
      return true;
    }

    private void end() throws IOException {
      fill(small.clear().limit(CHECKSUM_BYTES));
      byte[] expected = new byte[CHECKSUM_BYTES];
      small.get(expected);
      if (!MessageDigest.isEqual(expected, digest.digest())) {
        throw new IOException("its checksum is wrong");
      }
      if (channel.position() != channel.size()) {
        throw new IOException("it goes on behind its end");
      }
    }

    /** All of the buffer, flipped. */
    private void fill(ByteBuffer all) throws IOException {
      int from = all.position();
      while (all.hasRemaining()) {
        if (channel.read(all) < 0) {
          throw new IOException("it is cut off");
        }
      }
      all.position(from);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
