/**
 * The thin shell: what holds sockets, files, processes and clocks, and moves between them and the
 * pure rooms. No decision is made here that a pure room could make.
 *
 * <p>Receivers own a platform thread each, named after what they hear, and hand what they hear to a
 * sink that must not block: the loop's inbox. Writers are called by the loop thread and do what
 * they are told, in order. What the kernel refuses comes back as a {@link
 * dev.holdfast.agent.linux.SyscallException} or, where several things were asked for, as an outcome
 * that names each refusal; retries with back-off are the cores'.
 *
 * <p>All writers are idempotent: what is there already and what is gone already count as done. At
 * start they read what an earlier run left behind. No pure room knows this one; it is wired by
 * {@link dev.holdfast.agent.shell.RunningAgent} and used by {@code Agent} and its like.
 */
@NullMarked
package dev.holdfast.agent.shell;

import org.jspecify.annotations.NullMarked;
