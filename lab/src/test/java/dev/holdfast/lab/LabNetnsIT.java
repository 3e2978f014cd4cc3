package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.fault.Injection;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.stack.SourceTranslation;
import dev.holdfast.lab.stack.Stack;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabNetnsIT {

  @Test
  void trial(@TempDir Path folder) {
    var registry = new LabRegistry(folder);
    long t0 = System.nanoTime();
    try (Lab lab =
        Lab.build(
            registry,
            new LabOptions(
                ClusterFile.read(null),
                Stack.KEEPALIVED,
                SourceTranslation.SNAT,
                true,
                Path.of("/nonexistent")))) {
      System.out.println("built " + (System.nanoTime() - t0) / 1000000);
      Router r = lab.awaitSettled(20000);
      System.out.println("settled " + r.node() + " " + (System.nanoTime() - t0) / 1000000);
      Pause.millis(2000);
      Injection i = lab.injector().prepare(Fault.parseList("power-off").getFirst(), r);
      long at = i.fire();
      System.out.println("fire took " + (System.nanoTime() - at) / 1000);
      Router other = lab.awaitSettled(20000);
      System.out.println("over to " + other.node() + " " + (System.nanoTime() - at) / 1000000);
      at = i.end();
      System.out.println("end took " + (System.nanoTime() - at) / 1000);
      Pause.millis(1000);
      r = lab.awaitSettled(20000);
      System.out.println("back " + r.node() + " " + (System.nanoTime() - at) / 1000000);
      assertThat(r).isNotNull();
    }
  }
}
