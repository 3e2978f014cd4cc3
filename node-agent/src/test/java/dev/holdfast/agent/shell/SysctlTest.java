package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The kernel's settings")
class SysctlTest {

  @TempDir Path folder;

  @Test
  void ofTheNetworkAreWrittenWhereAContainerMay() throws IOException {
    Path host = Files.createDirectories(folder.resolve("host/net/ipv4"));
    Files.writeString(host.resolve("ip_forward"), "0\n");
    Path random = Files.createDirectories(folder.resolve("proc/sys/kernel/random"));
    Files.writeString(random.resolve("boot_id"), "this boot\n");
    Sysctl sysctl = new Sysctl(folder.resolve("proc/sys"), folder.resolve("host/net"));

    sysctl.write("net/ipv4/ip_forward", "1");

    assertThat(host.resolve("ip_forward")).hasContent("1\n");
    assertThat(sysctl.read("net/ipv4/ip_forward")).contains("1");
    assertThat(sysctl.children("net")).containsExactly("ipv4");
    assertThat(sysctl.read("kernel/random/boot_id")).contains("this boot");
  }
}
