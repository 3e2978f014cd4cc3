package dev.holdfast.lab.bench;

/** Something that is measured for several contestants in turn. */
public interface Bench {

  /** As on the command line. */
  String name();

  /** One line for {@code --list}. */
  String description();

  /** Takes its time; says on {@link BenchContext#progress} what it does. */
  BenchTable run(BenchContext context);
}
