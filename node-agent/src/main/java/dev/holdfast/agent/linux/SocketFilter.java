package dev.holdfast.agent.linux;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A classic BPF program that the kernel runs on every packet before it queues it for us. On a
 * gateway a packet socket would otherwise copy all forwarded traffic to user space.
 *
 * @param instructions as {@code struct sock_filter} of linux/filter.h
 */
public record SocketFilter(List<Instruction> instructions) {
  private static final int LOAD_WORD = 0x20;
  private static final int LOAD_BYTE = 0x30;
  private static final int LOAD_HALF = 0x28;
  private static final int JUMP_EQUAL = 0x15;
  private static final int RETURN = 0x06;
  private static final int WHOLE = 0x40000;

  /** An offset from here counts from the IP header, whatever the socket begins with. */
  private static final int IP_HEADER = -0x100000;

  private static final int IPV4_SOURCE = 12;
  private static final int IPV6_SOURCE = 8;

  /**
   * @param code u16
   * @param jumpTrue u8, instructions to skip when true
   * @param jumpFalse u8, instructions to skip when false
   * @param operand u32
   */
  public record Instruction(int code, int jumpTrue, int jumpFalse, int operand) {}

  public SocketFilter {
    instructions = List.copyOf(instructions);
    if (instructions.isEmpty() || instructions.size() > 4096) {
      throw new IllegalArgumentException("a filter has 1 to 4096 instructions");
    }
  }

  /** Takes nothing: for sockets that only send. */
  public static SocketFilter nothing() {
    return new SocketFilter(List.of(new Instruction(RETURN, 0, 0, 0)));
  }

  /**
   * Netlink messages that none of these sockets caused.
   *
   * @param portIds at most 250
   */
  public static SocketFilter netlinkNotFrom(int... portIds) {
    List<Instruction> program = new ArrayList<>();
    program.add(new Instruction(LOAD_WORD, 0, 0, NetlinkSocket.PORT_ID));
    for (int i = 0; i < portIds.length; i++) {
      // The filter reads what is in host order as if it were in network order.
      int read =
          ByteBuffer.allocate(4)
              .order(ByteOrder.nativeOrder())
              .putInt(0, portIds[i])
              .order(ByteOrder.BIG_ENDIAN)
              .getInt(0);
      program.add(new Instruction(JUMP_EQUAL, portIds.length - i, 0, read));
    }
    program.add(new Instruction(RETURN, 0, 0, WHOLE));
    program.add(new Instruction(RETURN, 0, 0, 0));
    return new SocketFilter(program);
  }

  /** Ethernet frames (without VLAN tag) that carry this IP protocol over IPv4 or IPv6. */
  public static SocketFilter ipProtocol(int protocol) {
    return new SocketFilter(
        List.of(
            new Instruction(LOAD_HALF, 0, 0, 12),
            new Instruction(JUMP_EQUAL, 0, 2, 0x0800),
            new Instruction(LOAD_BYTE, 0, 0, 14 + 9),
            new Instruction(JUMP_EQUAL, 3, 4, protocol),
            new Instruction(JUMP_EQUAL, 0, 3, 0x86dd),
            new Instruction(LOAD_BYTE, 0, 0, 14 + 6),
            new Instruction(JUMP_EQUAL, 0, 1, protocol),
            new Instruction(RETURN, 0, 0, WHOLE),
            new Instruction(RETURN, 0, 0, 0)));
  }

  /**
   * Packets of a raw IP socket that come from one of these addresses.
   *
   * @param sources all of the socket's family
   */
  static SocketFilter sources(Collection<IpAddress> sources) {
    List<Instruction> program = new ArrayList<>();
    for (IpAddress source : sources) {
      ByteBuffer words = ByteBuffer.wrap(source.toBytes());
      int offset = IP_HEADER + (source.family() == Family.IPV4 ? IPV4_SOURCE : IPV6_SOURCE);
      while (words.hasRemaining()) {
        int at = words.position();
        int word = words.getInt();
        // What is left of this address: two instructions for each word, and the return.
        int toNext = words.remaining() / 2 + 1;
        program.add(new Instruction(LOAD_WORD, 0, 0, offset + at));
        program.add(new Instruction(JUMP_EQUAL, 0, toNext, word));
      }
      program.add(new Instruction(RETURN, 0, 0, WHOLE));
    }
    program.add(new Instruction(RETURN, 0, 0, 0));
    return new SocketFilter(program);
  }

  /** Ethernet frames that are ICMPv6 of this type, directly after the IPv6 header. */
  public static SocketFilter icmpv6(int type) {
    return new SocketFilter(
        List.of(
            new Instruction(LOAD_HALF, 0, 0, 12),
            new Instruction(JUMP_EQUAL, 0, 5, 0x86dd),
            new Instruction(LOAD_BYTE, 0, 0, 14 + 6),
            new Instruction(JUMP_EQUAL, 0, 3, 58),
            new Instruction(LOAD_BYTE, 0, 0, 14 + 40),
            new Instruction(JUMP_EQUAL, 0, 1, type),
            new Instruction(RETURN, 0, 0, WHOLE),
            new Instruction(RETURN, 0, 0, 0)));
  }

  /** A {@code struct sock_fprog} with the program behind it. */
  Block toProgram() {
    Block block = new Block(16 + 8 * instructions.size());
    block.bytes.putShort(0, (short) instructions.size()).putLong(8, block.address + 16);
    int offset = 16;
    for (Instruction i : instructions) {
      block.bytes.putShort(offset, (short) i.code());
      block.bytes.put(offset + 2, (byte) i.jumpTrue()).put(offset + 3, (byte) i.jumpFalse());
      block.bytes.putInt(offset + 4, i.operand());
      offset += 8;
    }
    return block;
  }
}
