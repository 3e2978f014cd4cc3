/** Our agent and the real keepalived on one segment, each in a namespace of its own. */
@NullMarked
package dev.holdfast.agent.interop;

import org.jspecify.annotations.NullMarked;
