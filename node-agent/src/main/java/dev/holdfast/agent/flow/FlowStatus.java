package dev.holdfast.agent.flow;

/** Bits of a flow's status, as the kernel and conntrackd number them ({@code IPS_*}). */
public final class FlowStatus {
  /** Related to a master flow. */
  public static final int EXPECTED = 0x0001;

  /** Packets were seen both ways. */
  public static final int SEEN_REPLY = 0x0002;

  /** Not the first to be dropped when the kernel's table is full. */
  public static final int ASSURED = 0x0004;

  /** In the kernel's table; a request to create a flow must say so. */
  public static final int CONFIRMED = 0x0008;

  public static final int SRC_NAT = 0x0010;
  public static final int DST_NAT = 0x0020;
  public static final int SEQ_ADJUST = 0x0040;
  public static final int SRC_NAT_DONE = 0x0080;
  public static final int DST_NAT_DONE = 0x0100;
  public static final int DYING = 0x0200;
  public static final int FIXED_TIMEOUT = 0x0400;
  public static final int TEMPLATE = 0x0800;
  public static final int UNTRACKED = 0x1000;

  /** The helper was assigned by a rule or by hand. */
  public static final int HELPER = 0x2000;

  public static final int OFFLOAD = 0x4000;
  public static final int HW_OFFLOAD = 0x8000;

  private FlowStatus() {}
}
