/**
 * Traffic that can be judged: every message carries its number, and both ends keep what they saw.
 *
 * <p>One thread per end and kind, each inside its host's namespace, each allocation-free once it
 * runs: the lab shares its cores with the routers that it measures. {@link
 * dev.holdfast.lab.measure.traffic.Prober} sends a datagram each millisecond and reads the other
 * end's from a packet socket, so that arrivals are the kernel's time stamps and a pause of this
 * program loses none. {@link dev.holdfast.lab.measure.traffic.TcpClient} and {@link
 * dev.holdfast.lab.measure.traffic.TcpServer} carry the long flows and the short connections with
 * one selector each. {@link dev.holdfast.lab.measure.traffic.TableFiller} makes connections that
 * only the routers believe in, to fill their tables. {@link
 * dev.holdfast.lab.measure.traffic.FloorClock} measures how long this machine ran nothing of ours.
 *
 * <p>Threads: whoever constructs an object starts and closes it; the recorded samples are read
 * after the thread has ended. Times are nanoseconds since the origin of the measurement.
 */
@NullMarked
package dev.holdfast.lab.measure.traffic;

import org.jspecify.annotations.NullMarked;
