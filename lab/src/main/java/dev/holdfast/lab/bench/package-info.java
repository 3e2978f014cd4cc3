/**
 * Side by side with keepalived and conntrackd, in one run on one machine.
 *
 * <p>Each {@link dev.holdfast.lab.bench.Bench} fills a table with a column for each contestant,
 * ours first. Contestants take turns, so that whatever else this machine does hits all of them;
 * figures are medians with the least and the most, and ratios are ours divided by theirs. What was
 * measured comes from {@code lab.measure}; processes are looked at in {@code /proc}.
 *
 * <p>To add a bench: implement {@link dev.holdfast.lab.bench.Bench} and name it in {@link
 * dev.holdfast.lab.bench.Benches}.
 */
@NullMarked
package dev.holdfast.lab.bench;

import org.jspecify.annotations.NullMarked;
