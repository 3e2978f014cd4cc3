package dev.holdfast.api.validate;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.DurationText;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Collects violations, and knows the checks that every section needs. */
final class Findings {

  static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?");

  private final List<Violation> violations = new ArrayList<>();

  List<Violation> all() {
    return List.copyOf(violations);
  }

  void add(String path, String sentence) {
    violations.add(new Violation(path, sentence));
  }

  void atMost(String path, Collection<?> list, int limit) {
    if (list.size() > limit) {
      add(path, "has " + list.size() + " entries; write " + limit + " at most");
    }
  }

  void name(String path, String name) {
    if (!NAME.matcher(name).matches()) {
      add(
          path,
          "is \""
              + name
              + "\"; write 1 to 32 small letters, digits and hyphens that begin and end with a"
              + " letter or digit");
    }
  }

  void range(String path, long value, long least, long most) {
    if (value < least || value > most) {
      add(path, "is " + value + "; write " + least + " to " + most);
    }
  }

  /** An address of a host, without prefix length. */
  Optional<IpAddress> host(String path, String text) {
    if (text.indexOf('/') >= 0) {
      add(path, "is \"" + text + "\"; write the address without a prefix length");
      return Optional.empty();
    }
    Optional<IpAddress> address = read(path, text, IpAddress::parse, "10.0.0.1 or 2001:db8::1");
    address.flatMap(Findings::notOfAHost).ifPresent(why -> add(path, "is " + text + ", " + why));
    return address;
  }

  /** Why no host can have this address, with the remedy. */
  static Optional<String> notOfAHost(IpAddress address) {
    if (address.isMulticast() || address.isUnspecified() || address.isLoopback()) {
      String kind =
          address.isMulticast() ? "multicast" : address.isLoopback() ? "loopback" : "unspecified";
      return Optional.of("a " + kind + " address; write the address of a host");
    }
    return Optional.empty();
  }

  /** An address with a prefix length, or without one the address alone. */
  Optional<Prefix> prefix(String path, String text) {
    return read(path, text, Prefix::parse, "10.1.0.0/16 or 2001:db8::/32");
  }

  /** A prefix that stands for a set of addresses: no host bits. */
  Optional<Prefix> network(String path, String text) {
    Optional<Prefix> prefix = prefix(path, text);
    if (prefix.isPresent() && !prefix.get().network().equals(prefix.get())) {
      add(path, "is " + text + ", which has host bits; write " + prefix.get().network());
    }
    return prefix;
  }

  /** Prefixes that stand for sets of addresses, each given once. */
  List<Prefix> networks(String path, List<String> texts, int limit) {
    atMost(path, texts, limit);
    List<Prefix> networks = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      String inside = path + "[" + i + "]";
      Optional<Prefix> network = network(inside, texts.get(i));
      if (network.isPresent() && networks.contains(network.get())) {
        add(inside, "is " + texts.get(i) + " again; write it once");
      }
      network.ifPresent(networks::add);
    }
    return networks;
  }

  void onlyIpv4(String path, List<Prefix> prefixes, String why) {
    if (prefixes.stream().anyMatch(prefix -> prefix.family() == Family.IPV6)) {
      add(path, "names IPv6, but " + why);
    }
  }

  /** Reads text with a parser whose exceptions are sentences. */
  <T> Optional<T> read(String path, String text, Function<String, T> parser, String example) {
    try {
      return Optional.of(parser.apply(text));
    } catch (IllegalArgumentException e) {
      add(path, "is \"" + text + "\", which cannot be read; write it like " + example);
      return Optional.empty();
    }
  }

  /** A duration in nanoseconds. */
  OptionalLong duration(String path, String text) {
    if (!DurationText.isValid(text)) {
      add(path, "is \"" + text + "\"; write a number and ms, s or m, like 100ms or 2.5s");
      return OptionalLong.empty();
    }
    return OptionalLong.of(DurationText.nanos(text));
  }
}
