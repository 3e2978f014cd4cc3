package dev.holdfast.agent.sync.core;

/** Hears what links have to tell, on the thread that called them. */
@FunctionalInterface
public interface LinkListener {
  void event(String peer, LinkEvent event);
}
