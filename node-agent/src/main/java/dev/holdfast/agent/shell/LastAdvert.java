package dev.holdfast.agent.shell;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * A note in the run folder of when this router sent its last advert as the active one. A killed
 * agent's successor reads from it whether the peers can have missed it yet.
 *
 * <p>Written through a memory mapping: no system call on the way of an advert, and the kernel keeps
 * it when the process dies. Layout: boot id (36 ASCII bytes), padding to 40, then the monotonic
 * time in nanoseconds, 0 for "resigned".
 */
public final class LastAdvert {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final int TIME_OFFSET = 40;
  private static final int BYTES = 48;

  private final MappedByteBuffer note;
  private final OptionalLong ageAtStartNanos;

  /** Where it is kept. */
  static Path file(Path runDir, String node) {
    return runDir.resolve(node + ".last-advert");
  }

  /**
   * Opens the note and reads what the agent before left.
   *
   * @param nowNanos monotonic, of the same clock for every process of this boot
   */
  public LastAdvert(Path file, long nowNanos) throws IOException {
    byte[] bootId =
        Arrays.copyOf(
            Files.readString(BOOT_ID).strip().getBytes(StandardCharsets.US_ASCII), TIME_OFFSET);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      note = channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES);
    }
    byte[] noted = new byte[TIME_OFFSET];
    note.get(0, noted);
    long at = note.getLong(TIME_OFFSET);
    ageAtStartNanos =
        Arrays.equals(noted, bootId) && at != 0
            ? OptionalLong.of(nowNanos - at)
            : OptionalLong.empty();
    note.putLong(TIME_OFFSET, 0);
    note.put(0, bootId);
  }

  /**
   * How old the last advert was at the start; empty when there was none or it was a resignation.
   */
  public OptionalLong ageAtStartNanos() {
    return ageAtStartNanos;
  }

  /** An advert of the active router has left. */
  public void sent(long nowNanos) {
    note.putLong(TIME_OFFSET, nowNanos);
  }

  /** The role was given up. */
  public void resigned() {
    note.putLong(TIME_OFFSET, 0);
  }
}
