package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.vrrp.wire.ArpFrame;
import dev.holdfast.agent.vrrp.wire.NeighborAdvertFrame;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.util.ArrayList;
import java.util.Collection;

/**
 * Tells the hosts and switches of a segment where an address is now: gratuitous ARP for IPv4,
 * unsolicited neighbour advertisement for IPv6. How often and when, the core says.
 *
 * <p>Owner: the loop thread.
 */
public final class Announcer implements AutoCloseable {
  private final PacketSocket socket;

  /**
   * One address to announce.
   *
   * @param interfaceIndex over which the frame leaves; with a virtual MAC the interface below it
   * @param mac where the address is
   */
  public record Announcement(int interfaceIndex, MacAddress mac, IpAddress address) {
    byte[] frame() {
      return switch (address) {
        case Ipv4Address a -> ArpFrame.announcement(a, mac).encode();
        case Ipv6Address a -> NeighborAdvertFrame.announcement(a, mac).encode();
      };
    }

    @Override
    public String toString() {
      return address + " at " + mac;
    }
  }

  private Announcer(PacketSocket socket) {
    this.socket = socket;
  }

  public static Announcer open() {
    return new Announcer(PacketSocket.sender());
  }

  /** Sends one frame for each, in order; goes on after a refusal. */
  public Outcome<Announcement> announce(Collection<Announcement> announcements) {
    var done = new ArrayList<Announcement>();
    var refused = new ArrayList<Outcome.Refused<Announcement>>();
    for (Announcement one : announcements) {
      try {
        socket.send(one.interfaceIndex(), one.frame());
        done.add(one);
      } catch (SyscallException e) {
        refused.add(new Outcome.Refused<>(one, e.errno()));
      }
    }
    return new Outcome<>(done, refused);
  }

  @Override
  public void close() {
    socket.close();
  }
}
