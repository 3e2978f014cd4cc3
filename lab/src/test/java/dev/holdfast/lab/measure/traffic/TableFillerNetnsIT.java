package dev.holdfast.lab.measure.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Connections that only the router believes in")
class TableFillerNetnsIT {

  private static final int WANTED = 2_000;

  @Test
  void areEstablishedInItsTableAndResetByNobody() throws Exception {
    try (var path = new TestPath()) {
      // A rule that asks for the state is what makes the kernel track connections here.
      path.middle()
          .run("iptables", "-A", "FORWARD", "-m", "conntrack", "--ctstate", "NEW", "-j", "ACCEPT");
      path.leftHost().namespace().run("ping", "-n", "-q", "-c", "1", "-W", "5", "10.92.0.1");
      var server = (Ipv4Address) IpAddress.parse("10.92.0.1");
      var own = (Ipv4Address) IpAddress.parse("10.91.0.1");
      try (var far = new TableAnswerer(path.rightHost(), server);
          var near = new TableFiller(path.leftHost(), own, server, WANTED)) {
        far.begin();
        near.begin();
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (!near.complete() && System.nanoTime() - deadline < 0) {
          near.check();
          far.check();
          Thread.sleep(20);
        }
        assertThat(near.established()).isEqualTo(WANTED);
      }

      List<String> entries = path.middle().run("conntrack", "-L", "-p", "tcp").lines().toList();
      assertThat(entries).hasSize(WANTED).allMatch(line -> line.contains("ESTABLISHED"));
      assertThat(path.leftHost().namespace().run("ip", "rule")).doesNotContain("blackhole");
    }
  }
}
