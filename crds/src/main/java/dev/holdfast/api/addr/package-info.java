/**
 * Addresses as values: IPv4, IPv6, MAC and prefixes, compared as unsigned numbers.
 *
 * <p>{@link java.net.InetAddress} stays outside: it can ask DNS, and its signed bytes make the
 * tie-break of RFC 9568 section 6.4.3 wrong. Pure; anybody may use it.
 */
@NullMarked
package dev.holdfast.api.addr;

import org.jspecify.annotations.NullMarked;
