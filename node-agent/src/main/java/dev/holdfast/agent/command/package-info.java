/**
 * The program's commands as people type them: options, help, output, exit codes.
 *
 * <p>Each command is a picocli class that reads its options, calls one door of another room and
 * prints. Exit codes: 0 done, 1 refused or failed with one sentence on standard error, 2 wrong
 * usage, 3 no agent there. Nothing else decides anything here.
 */
@NullMarked
package dev.holdfast.agent.command;

import org.jspecify.annotations.NullMarked;
