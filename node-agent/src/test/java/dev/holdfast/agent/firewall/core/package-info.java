/** Tests of the policy: goldens of whole rule sets, and single promises of the planner. */
@NullMarked
package dev.holdfast.agent.firewall.core;

import org.jspecify.annotations.NullMarked;
