@NullMarked
package dev.holdfast.agent.linux;

import org.jspecify.annotations.NullMarked;
