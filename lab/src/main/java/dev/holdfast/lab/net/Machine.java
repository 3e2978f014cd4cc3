package dev.holdfast.lab.net;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one namespace becomes: a router, a host, a modem.
 *
 * @param name for people, and part of the namespace's name
 * @param settings files below {@code /proc/sys} and what is written there once the interfaces exist
 */
public record Machine(
    String name,
    Namespace namespace,
    List<Attachment> attachments,
    List<Route> routes,
    Map<String, String> settings) {

  public Machine {
    attachments = List.copyOf(attachments);
    routes = List.copyOf(routes);
    settings = Map.copyOf(new TreeMap<>(settings));
  }
}
