/**
 * What makes a router of a namespace: our agent, or keepalived with conntrackd and iptables.
 *
 * <p>Both are configured from the same rendered resource, with the same timers, versions and
 * addresses, and both are nothing but programs that are started, signalled and killed. The other
 * software is set up as the article that this project began from does it, with the corrections that
 * a current distribution needs (a script user, forwarding switched on); its texts are made by pure
 * builders so that they can be read in a test.
 *
 * <p>Each router has a folder of its own for configuration, logs, run state and "disk". After a
 * power cut the disk is what is left of it: run state and locks are on a tmpfs in real life, and go
 * with the power.
 */
@NullMarked
package dev.holdfast.lab.stack;

import org.jspecify.annotations.NullMarked;
