package dev.holdfast.api.addr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.10, 10.0.0.10",
    "255.255.255.255, 255.255.255.255",
    "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "::, ::",
    "::1, ::1",
    "fe80::50:100, fe80::50:100",
    "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
    "1:0:3:4:5:6:7:8, 1:0:3:4:5:6:7:8",
    "1::, 1::",
    "::ffff:10.0.0.1, ::ffff:a00:1",
  })
  void readsTextAndWritesTheCanonicalForm(String text, String canonical) {
    IpAddress address = IpAddress.parse(text);

    assertThat(address).hasToString(canonical);
    assertThat(IpAddress.ofBytes(address.toBytes())).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.01",
        "router-a",
        "1.2.3.4.5",
        ":::",
        "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "::1.2.3",
        "fe80::1%eth0",
        "1:2:3:4:5:6:7::8:9"
      })
  void refusesWhatIsNoAddressWithASentence(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IpAddress.parse(text))
        .withMessageContaining("\"" + text + "\"");
  }

  @Test
  void comparesUnsigned() {
    assertThat(IpAddress.parse("200.0.0.1")).isGreaterThan(IpAddress.parse("10.0.0.1"));
    assertThat(IpAddress.parse("fe80::1")).isGreaterThan(IpAddress.parse("::1"));
    assertThat(IpAddress.parse("::1")).isGreaterThan(IpAddress.parse("255.0.0.1"));
  }

  @Test
  void aPrefixContainsItsOwnNetworkOnly() {
    Prefix prefix = Prefix.parse("10.0.0.10/24");

    assertThat(prefix.network()).hasToString("10.0.0.0/24");
    assertThat(prefix.contains(IpAddress.parse("10.0.0.255"))).isTrue();
    assertThat(prefix.contains(IpAddress.parse("10.0.1.0"))).isFalse();
    assertThat(Prefix.parse("::/0").contains(IpAddress.parse("2001:db8::1"))).isTrue();
    assertThat(Prefix.parse("2001:db8::/65").contains(IpAddress.parse("2001:db8::8000:0:0:1")))
        .isFalse();
    assertThat(Prefix.parse("0.0.0.0/0").contains(IpAddress.parse("::1"))).isFalse();
  }

  @Test
  void virtualRoutersHaveTheirMac() {
    assertThat(MacAddress.ofVirtualRouter(Family.IPV4, 51)).hasToString("00:00:5e:00:01:33");
    assertThat(MacAddress.ofVirtualRouter(Family.IPV6, 51)).hasToString("00:00:5e:00:02:33");
    assertThat(MacAddress.parse("02:00:00:00:00:01").bits()).isEqualTo(0x020000000001L);
  }
}
