/**
 * What a person, a program and an eye get to see of the runs.
 *
 * <p>{@link dev.holdfast.lab.report.Report} holds the figures of all runs of one setting, and
 * whether the promise held. {@link dev.holdfast.lab.report.TextReport} is the table for people,
 * {@link dev.holdfast.lab.report.JsonReport} the same for programs (its names are relied on from
 * outside and change only with a line in the CHANGELOG), {@link
 * dev.holdfast.lab.report.TimelineSvg} draws one run. {@link dev.holdfast.lab.report.Baseline}
 * knows what keepalived and conntrackd did when they were measured with care, so that a lab which
 * gives them other figures is not believed.
 *
 * <p>Pure: texts from values. Writing files is the caller's work.
 */
@NullMarked
package dev.holdfast.lab.report;

import org.jspecify.annotations.NullMarked;
