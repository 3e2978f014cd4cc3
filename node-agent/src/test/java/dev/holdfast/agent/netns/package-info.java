/**
 * Small networks out of real network namespaces, for tests against the kernel.
 *
 * <p>Every name begins with {@code hfs-PID-}, so that two test runs on one machine never meet.
 */
@NullMarked
package dev.holdfast.agent.netns;

import org.jspecify.annotations.NullMarked;
