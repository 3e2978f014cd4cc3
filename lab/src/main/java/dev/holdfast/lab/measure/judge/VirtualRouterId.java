package dev.holdfast.lab.measure.judge;

import dev.holdfast.api.addr.Family;

/** One VRRP instance of the segment, whoever speaks for it. */
public record VirtualRouterId(String network, Family family, int vrid) {

  @Override
  public String toString() {
    return network + " " + (family == Family.IPV4 ? "IPv4" : "IPv6") + " vrid " + vrid;
  }
}
