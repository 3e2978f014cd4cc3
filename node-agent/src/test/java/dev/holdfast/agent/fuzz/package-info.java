/**
 * Parsers under Jazzer: one class with {@code fuzzerTestOneInput} each, all of them in {@link
 * dev.holdfast.agent.fuzz.Fuzzers}. {@code ./dev fuzz} runs them for as long as one likes; what it
 * finds goes to {@code src/test/resources/fuzz/NAME/}, and {@code FuzzCorpusTest} reads that on
 * each build.
 */
@NullMarked
package dev.holdfast.agent.fuzz;

import org.jspecify.annotations.NullMarked;
