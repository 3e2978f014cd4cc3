@NullMarked
package dev.holdfast.agent.kube;

import org.jspecify.annotations.NullMarked;
