@NullMarked
package dev.holdfast.agent.rtnetlink;

import org.jspecify.annotations.NullMarked;
