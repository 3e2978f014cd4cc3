package dev.holdfast.agent.sync.wire;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a key file holds: the key that we seal with, and at most one more that we accept as well
 * while keys are being exchanged. The order of an exchange that never interrupts the link: add the
 * new key as second line everywhere, then make it the first everywhere, then remove the old one.
 */
public final class LinkKeys {
  public static final int KEYS_MAX = 2;

  private final List<LinkKey> keys;

  private LinkKeys(List<LinkKey> keys) {
    this.keys = keys;
  }

  public static LinkKeys of(LinkKey sealing) {
    return new LinkKeys(List.of(sealing));
  }

  public static LinkKeys of(LinkKey sealing, LinkKey accepted) {
    return new LinkKeys(List.of(sealing, accepted));
  }

  /** What {@link #parse} says: the keys, or one sentence about what is wrong and what helps. */
  public sealed interface Parsed {
    record Ok(LinkKeys keys) implements Parsed {}

    record Refused(String sentence) implements Parsed {}
  }

  /**
   * Reads the text of a key file: one or two lines of base64, each 32 bytes; empty lines and lines
   * that begin with {@code #} are nothing. The sentence never repeats the text: it may be a secret.
   */
  public static Parsed parse(String text) {
    List<LinkKey> keys = new ArrayList<>();
    int number = 0;
    for (String raw : text.lines().limit(1000).toList()) {
      number++;
      String line = raw.strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      LinkKey key = LinkKey.parse(line);
      if (key == null) {
        return new Parsed.Refused(
            "line "
                + number
                + " is not a link key: write 32 random bytes as one line of base64"
                + " (`holdfast keygen` makes one)");
      }
      if (!keys.contains(key)) {
        keys.add(key);
      }
    }
    if (keys.isEmpty()) {
      return new Parsed.Refused("no link key in it: `holdfast keygen` makes one");
    }
    if (keys.size() > KEYS_MAX) {
      return new Parsed.Refused(
          "more than two link keys: keep the one to seal with, and one that is still accepted");
    }
    if (keys.size() == 2 && keys.get(0).id() == keys.get(1).id()) {
      return new Parsed.Refused(
          "the two link keys have the same identifier by chance: make one of them anew");
    }
    return new Parsed.Ok(new LinkKeys(List.copyOf(keys)));
  }

  /** The key that new sessions are sealed with. */
  public LinkKey sealing() {
    return keys.getFirst();
  }

  /** The accepted key of that identifier, or null. */
  public @Nullable LinkKey find(int id) {
    for (LinkKey key : keys) {
      if (key.id() == id) {
        return key;
      }
    }
    return null;
  }

  /** Of each key, the one that seals first. */
  public List<String> fingerprints() {
    return keys.stream().map(LinkKey::fingerprint).toList();
  }

  public boolean contains(LinkKey key) {
    return keys.contains(key);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LinkKeys that && keys.equals(that.keys);
  }

  @Override
  public int hashCode() {
    return keys.hashCode();
  }

  @Override
  public String toString() {
    return keys.toString();
  }
}
