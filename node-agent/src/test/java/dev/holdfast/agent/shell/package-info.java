@NullMarked
package dev.holdfast.agent.shell;

import org.jspecify.annotations.NullMarked;
