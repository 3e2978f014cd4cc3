/**
 * The Linux kernel's door: system calls, and nothing that knows what they are for.
 *
 * <p>The only room that knows JNA. It speaks numbers, bytes and the address values of {@code
 * api.addr}; it knows no VRRP machine, no flow table, no configuration. {@code shell} and the lab
 * build on it.
 *
 * <p>Rules that hold in all of it:
 *
 * <ul>
 *   <li>64-bit little-endian Linux with glibc. Structure layouts are those of x86-64 and arm64,
 *       which agree in everything used here.
 *   <li>Every descriptor is close-on-exec and non-blocking. Waiting happens in ppoll together with
 *       an eventfd, so that {@code wake()} and {@code close()} from another thread end it.
 *   <li>One thread receives from a socket, one sends; {@code close()} may come from any.
 *   <li>Buffers are allocated with the socket and used again: what a receive filled is valid until
 *       the next one. Sending and receiving allocate nothing.
 *   <li>The world refusing us is a {@link dev.holdfast.agent.linux.SyscallException} with the call,
 *       the errno and a hint. What is expected on the way (a timeout, an overrun, a wake) is a
 *       negative number of {@link dev.holdfast.agent.linux.Receive}.
 *   <li>A socket belongs to the network namespace of the thread that opened it. Namespaces are
 *       entered on platform threads only: a virtual thread would leave its carrier inside.
 *   <li>Threads that block here are platform threads with a name.
 * </ul>
 */
@NullMarked
package dev.holdfast.agent.linux;

import org.jspecify.annotations.NullMarked;
