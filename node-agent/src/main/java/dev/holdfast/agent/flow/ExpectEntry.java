package dev.holdfast.agent.flow;

/**
 * One expectation, spread out: the flow that a helper (FTP, SIP ...) has foretold. Mutable and
 * reused like {@link FlowEntry}.
 *
 * <p>{@link #expected} and {@link #mask} together say which packets match; bits that are zero in
 * the mask match anything. {@link #nat} is the tuple to translate to, with {@link #natDirection}.
 */
public final class ExpectEntry {
  public static final int HAS_TIMEOUT = 1;
  public static final int HAS_FLAGS = 1 << 1;
  public static final int HAS_CLASS = 1 << 2;
  public static final int HAS_NAT = 1 << 3;
  public static final int HAS_HELPER = 1 << 4;
  public static final int HAS_FUNCTION = 1 << 5;

  /** The kernel's identifier; never on the wire. */
  public static final int HAS_ID = 1 << 6;

  public final FlowTuple master = new FlowTuple();
  public final FlowTuple expected = new FlowTuple();
  public final FlowTuple mask = new FlowTuple();
  public final FlowTuple nat = new FlowTuple();

  /** {@code HAS_...} bits. */
  public int has;

  /** Conntrack zone of master and expected flow; 0 is the default zone. Part of the key. */
  public int zone;

  public int timeoutSeconds;

  /** 1 permanent, 2 inactive, 4 made in user space. */
  public int flags;

  /** The helper's class of expectation (signalling, audio, video ...). */
  public int expectClass;

  /** 0 original, 1 reply. */
  public int natDirection;

  public final ShortName helper = new ShortName();

  /**
   * The kernel's function to call for the expected flow, for instance {@code nat-follow-master}.
   */
  public final ShortName function = new ShortName();

  public int kernelId;

  public boolean has(int bits) {
    return (has & bits) == bits;
  }

  public void clear() {
    master.clear();
    expected.clear();
    mask.clear();
    nat.clear();
    has = 0;
    zone = 0;
    timeoutSeconds = 0;
    flags = 0;
    expectClass = 0;
    natDirection = 0;
    helper.clear();
    function.clear();
    kernelId = 0;
  }

  public void copyFrom(ExpectEntry other) {
    master.copyFrom(other.master);
    expected.copyFrom(other.expected);
    mask.copyFrom(other.mask);
    nat.copyFrom(other.nat);
    has = other.has;
    zone = other.zone;
    timeoutSeconds = other.timeoutSeconds;
    flags = other.flags;
    expectClass = other.expectClass;
    natDirection = other.natDirection;
    helper.copyFrom(other.helper);
    function.copyFrom(other.function);
    kernelId = other.kernelId;
  }

  /** As conntrack(8) would list it, for people; allocates. */
  @Override
  public String toString() {
    return "expect "
        + IpProtocol.name(expected.protocol)
        + " "
        + expected
        + " mask "
        + mask
        + " master "
        + master
        + (has(HAS_HELPER) ? " helper=" + helper : "");
  }
}
