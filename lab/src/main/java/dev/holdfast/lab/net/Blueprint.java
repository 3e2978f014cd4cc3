package dev.holdfast.lab.net;

import java.util.List;
import java.util.NoSuchElementException;

/**
 * Everything that is to be built, before anything is.
 *
 * @param topology what stands afterwards
 * @param switches one for each network, and one for the internet
 * @param machines routers, hosts and modems
 */
public record Blueprint(Topology topology, List<Switch> switches, List<Machine> machines) {

  public Blueprint {
    switches = List.copyOf(switches);
    machines = List.copyOf(machines);
  }

  public Machine machine(String name) {
    return machines.stream()
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no machine is named " + name));
  }
}
