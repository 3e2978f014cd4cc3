package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.rtnetlink.InterfaceAddress;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Interfaces and their own addresses")
class InterfaceTableTest {
  private static final int TENTATIVE = 0x40;
  private static final List<Prefix> VIRTUAL =
      List.of(Prefix.parse("10.50.0.100/24"), Prefix.parse("fd00:50::100/64"));

  private final InterfaceTable table = new InterfaceTable();

  private void add(String prefix, int flags, int protocol) {
    table.apply(new NetworkEvent.AddressAdded("eth0", address(3, prefix, flags, protocol), false));
  }

  private static InterfaceAddress address(int index, String prefix, int flags, int protocol) {
    long forever = InterfaceAddress.FOREVER;
    return new InterfaceAddress(index, Prefix.parse(prefix), flags, forever, forever, protocol);
  }

  @Test
  void prefersTheAddressInTheVirtualAddressesPrefix() {
    add("192.168.7.1/24", 0, 0);
    add("10.50.0.2/24", 0, 0);
    assertThat(table.ownAddress("eth0", Family.IPV4, VIRTUAL))
        .contains(IpAddress.parse("10.50.0.2"));
  }

  @Test
  void takesAnyAddressWhenNoneIsInThePrefix() {
    add("192.168.7.1/24", 0, 0);
    assertThat(table.ownAddress("eth0", Family.IPV4, VIRTUAL))
        .contains(IpAddress.parse("192.168.7.1"));
  }

  @Test
  void aVirtualAddressIsNobodysOwn() {
    add("10.50.0.100/32", 0, 0);
    add("10.50.0.77/32", 0, InterfaceAddress.OURS);
    assertThat(table.ownAddress("eth0", Family.IPV4, VIRTUAL)).isEmpty();
  }

  @Test
  void ipv6SpeaksFromItsLinkLocalAddressOnceThatMayBeUsed() {
    add("fd00:50::2/64", 0, 0);
    add("fe80::2/64", TENTATIVE, 0);
    assertThat(table.ownAddress("eth0", Family.IPV6, VIRTUAL)).isEmpty();

    add("fe80::2/64", 0, 0);
    assertThat(table.ownAddress("eth0", Family.IPV6, VIRTUAL)).contains(IpAddress.parse("fe80::2"));
  }

  @Test
  void forgetsWhatIsRemoved() {
    var link = new Link(3, "eth0", 0, 1500, null, "", 0);
    table.apply(new NetworkEvent.LinkChanged(link));
    add("10.50.0.2/24", 0, 0);
    table.apply(new NetworkEvent.AddressRemoved("eth0", address(3, "10.50.0.2/24", 0, 0), false));
    assertThat(table.addresses("eth0")).isEmpty();

    add("10.50.0.2/24", 0, 0);
    assertThat(table.apply(new NetworkEvent.LinkRemoved("eth0", 3))).isEqualTo("eth0");
    assertThat(table.link("eth0")).isEmpty();
    assertThat(table.addresses("eth0")).isEmpty();
  }

  @Test
  void anInterfaceMadeAnewIsNotRemovedByTheEndOfTheOldOne() {
    table.apply(new NetworkEvent.LinkChanged(new Link(9, "eth0", 0, 1500, null, "", 0)));
    table.apply(new NetworkEvent.LinkRemoved("eth0", 3));
    assertThat(table.link("eth0")).isPresent();
  }
}
