package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.shell.KernelSettings.Wanted;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.v1alpha1.KernelSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a copy of /proc/sys in plain files; the coupled settings are for the kernel test. */
@DisplayName("Kernel settings")
class KernelSettingsTest {
  private static final String EVENTS = "net/netfilter/nf_conntrack_events";
  private static final String MAX = "net/netfilter/nf_conntrack_max";

  @TempDir Path folder = Path.of("");

  private Sysctl sysctl = new Sysctl(folder);

  @BeforeEach
  void prepare() throws IOException {
    sysctl = new Sysctl(folder.resolve("sys"));
    put("kernel/random/boot_id", "boot-1");
    put(EVENTS, "2");
    put(MAX, "1000");
  }

  private void put(String path, String value) throws IOException {
    Path file = sysctl.root().resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, value + "\n");
  }

  private KernelSettings settings() {
    return new KernelSettings(sysctl, new DiskStore(folder.resolve("state")));
  }

  private String now(String path) {
    return sysctl.read(path).orElse("absent");
  }

  @Test
  void areSetListedAndPutBack() throws IOException {
    var settings = settings();

    assertThat(settings.apply(List.of(Wanted.exactly(EVENTS, "1"))))
        .containsExactly(new KernelSetting("net.netfilter.nf_conntrack_events", "1", "2", null));
    assertThat(now(EVENTS)).isEqualTo("1");

    settings.restore();
    assertThat(now(EVENTS)).isEqualTo("2");
    assertThat(settings.list()).isEmpty();
  }

  @Test
  void thatAreRightAlreadyAreListedWithoutABefore() throws IOException {
    var settings = settings();
    assertThat(settings.apply(List.of(Wanted.exactly(EVENTS, "2"))))
        .containsExactly(new KernelSetting("net.netfilter.nf_conntrack_events", "2", null, null));
  }

  @Test
  void thatNobodyWantsAnyMoreArePutBack() throws IOException {
    var settings = settings();
    settings.apply(List.of(Wanted.exactly(EVENTS, "1"), Wanted.atLeast(MAX, 5000)));
    settings.apply(List.of(Wanted.atLeast(MAX, 5000)));
    assertThat(now(EVENTS)).isEqualTo("2");
    assertThat(now(MAX)).isEqualTo("5000");
  }

  @Test
  void aLimitIsRaisedAndNeverLowered() throws IOException {
    var settings = settings();
    settings.apply(List.of(Wanted.atLeast(MAX, 500)));
    assertThat(now(MAX)).isEqualTo("1000");
    settings.apply(List.of(Wanted.atLeast(MAX, 5000)));
    assertThat(now(MAX)).isEqualTo("5000");
    settings.restore();
    assertThat(now(MAX)).isEqualTo("1000");
  }

  @Test
  void theTrueOriginalSurvivesACrashAndARestart() throws IOException {
    settings().apply(List.of(Wanted.exactly(EVENTS, "1")));

    var restarted = settings();
    restarted.apply(List.of(Wanted.exactly(EVENTS, "1")));
    assertThat(restarted.list().getFirst().before()).isEqualTo("2");
    restarted.restore();
    assertThat(now(EVENTS)).isEqualTo("2");
  }

  @Test
  void afterARebootWhatIsThereIsTheOriginal() throws IOException {
    settings().apply(List.of(Wanted.exactly(EVENTS, "1")));
    put("kernel/random/boot_id", "boot-2");
    put(EVENTS, "0");

    var restarted = settings();
    restarted.apply(List.of(Wanted.exactly(EVENTS, "1")));
    restarted.restore();
    assertThat(now(EVENTS)).isEqualTo("0");
  }

  @Test
  void whatIsMissingIsSaidAndDoesNotStopTheOthers() throws IOException {
    var settings = settings();
    var list =
        settings.apply(List.of(Wanted.exactly("net/nothing", "1"), Wanted.exactly(EVENTS, "1")));
    assertThat(list.getFirst().problem()).contains("no such setting");
    assertThat(now(EVENTS)).isEqualTo("1");
  }

  @Test
  void whatSomebodyElseChangedIsSaid() throws IOException {
    var settings = settings();
    settings.apply(List.of(Wanted.exactly(EVENTS, "1")));
    put(EVENTS, "0");
    assertThat(settings.list().getFirst().problem()).contains("something else changed it");
  }

  @Test
  void ofAnInterfaceThatIsGoneNeedNotBePutBack() throws IOException {
    String path = "net/ipv4/conf/eth0.10/promote_secondaries";
    put(path, "0");
    var settings = settings();
    assertThat(settings.apply(List.of(Wanted.exactly(path, "1"))).getFirst().name())
        .as("a name with a dot in a part keeps its slashes")
        .isEqualTo(path);
    Files.delete(sysctl.root().resolve(path));
    settings.restore();
  }

  @Test
  void thePlanAsksForAcceptRaOnlyWhereItWasOn() throws IOException {
    put("net/ipv6/conf/all/accept_ra", "1");
    put("net/ipv6/conf/all/forwarding", "0");
    for (String name : List.of("default", "eth0", "eth1", "lo")) {
      put("net/ipv6/conf/" + name + "/accept_ra", name.equals("eth1") ? "0" : "1");
      put("net/ipv6/conf/" + name + "/forwarding", "0");
    }
    var gateway = new GatewaySettings.Gateway(Set.of(Family.IPV6), Set.of(), Set.of(), false, 0);
    var settings = settings();
    for (int i = 0; i < 2; i++) {
      settings.apply(GatewaySettings.plan(gateway, sysctl, settings));
      assertThat(now("net/ipv6/conf/eth0/accept_ra")).isEqualTo("2");
      assertThat(now("net/ipv6/conf/eth1/accept_ra")).isEqualTo("0");
      assertThat(now("net/ipv6/conf/lo/accept_ra")).isEqualTo("1");
      assertThat(now("net/ipv6/conf/all/forwarding")).isEqualTo("1");
    }
    assertThat(settings.list())
        .extracting(KernelSetting::name)
        .containsExactly(
            "net.ipv6.conf.default.accept_ra",
            "net.ipv6.conf.eth0.accept_ra",
            "net.ipv6.conf.all.forwarding");
    settings.restore();
    assertThat(now("net/ipv6/conf/eth0/accept_ra")).isEqualTo("1");
    assertThat(now("net/ipv6/conf/all/forwarding")).isEqualTo("0");
  }

  @Test
  void withVirtualMacsTheReversePathFilterMovesToTheInterfaces() throws IOException {
    put("net/ipv4/conf/all/rp_filter", "1");
    put("net/ipv4/conf/default/rp_filter", "0");
    put("net/ipv4/conf/eth0/rp_filter", "0");
    put("net/ipv4/conf/eth0/arp_ignore", "0");
    put("net/ipv4/conf/eth0/arp_announce", "0");
    put("net/ipv4/conf/eth1/rp_filter", "2");
    put("net/ipv4/conf/hf4-51-3/rp_filter", "0");
    var gateway = new GatewaySettings.Gateway(Set.of(), Set.of(), Set.of("eth0"), false, 0);
    var settings = settings();
    for (int i = 0; i < 2; i++) {
      settings.apply(GatewaySettings.plan(gateway, sysctl, settings));
      assertThat(now("net/ipv4/conf/all/rp_filter")).isEqualTo("0");
      assertThat(now("net/ipv4/conf/default/rp_filter")).isEqualTo("1");
      assertThat(now("net/ipv4/conf/eth0/rp_filter")).isEqualTo("1");
      assertThat(now("net/ipv4/conf/eth1/rp_filter")).isEqualTo("2");
      assertThat(now("net/ipv4/conf/hf4-51-3/rp_filter")).isEqualTo("0");
      assertThat(now("net/ipv4/conf/eth0/arp_announce")).isEqualTo("2");
    }
    settings.restore();
    assertThat(now("net/ipv4/conf/all/rp_filter")).isEqualTo("1");
    assertThat(now("net/ipv4/conf/eth0/rp_filter")).isEqualTo("0");
    assertThat(now("net/ipv4/conf/eth0/arp_announce")).isEqualTo("0");
  }
}
