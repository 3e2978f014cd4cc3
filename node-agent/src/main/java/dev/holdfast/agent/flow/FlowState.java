package dev.holdfast.agent.flow;

/** States of tracked TCP, SCTP and DCCP flows, numbered and named as in the kernel. */
public final class FlowState {
  public static final int TCP_SYN_SENT = 1;
  public static final int TCP_SYN_RECV = 2;
  public static final int TCP_ESTABLISHED = 3;

  /** The largest state number that the kernel takes for TCP. */
  public static final int TCP_MAX = 9;

  public static final int SCTP_ESTABLISHED = 4;
  public static final int SCTP_MAX = 8;
  public static final int DCCP_OPEN = 4;
  public static final int DCCP_MAX = 7;

  /** The largest window scale (RFC 7323 section 2.3). */
  public static final int SCALE_MAX = 14;

  private static final String[] TCP = {
    "NONE",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
    "SYN_SENT2"
  };
  private static final String[] SCTP = {
    "NONE",
    "CLOSED",
    "COOKIE_WAIT",
    "COOKIE_ECHOED",
    "ESTABLISHED",
    "SHUTDOWN_SENT",
    "SHUTDOWN_RECD",
    "SHUTDOWN_ACK_SENT",
    "HEARTBEAT_SENT"
  };
  private static final String[] DCCP = {
    "NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT"
  };

  private FlowState() {}

  /** The name that conntrack(8) prints; a number that no kernel uses comes back as digits. */
  public static String name(int protocol, int state) {
    String[] names =
        switch (protocol) {
          case IpProtocol.TCP -> TCP;
          case IpProtocol.SCTP -> SCTP;
          case IpProtocol.DCCP -> DCCP;
          default -> new String[0];
        };
    return state >= 0 && state < names.length ? names[state] : Integer.toString(state);
  }
}
