package dev.holdfast.agent.linux;

import java.nio.charset.StandardCharsets;

/** Interface names as the kernel takes them. */
public final class Names {
  /** IFNAMSIZ without its NUL. */
  public static final int INTERFACE_NAME_MAX = 15;

  private Names() {}

  /**
   * The index of an interface in the calling thread's network namespace.
   *
   * @throws SyscallException ENODEV when there is none
   */
  public static int interfaceIndex(String name) {
    int index = LibC.if_nametoindex(name);
    if (index == 0) {
      throw new SyscallException("if_nametoindex(" + name + ")", LibC.errno(), "");
    }
    return index;
  }

  /** NUL-terminated. */
  static Block interfaceName(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > INTERFACE_NAME_MAX) {
      throw new IllegalArgumentException(
          "an interface name has 1 to 15 bytes, not \"" + name + '"');
    }
    Block block = new Block(INTERFACE_NAME_MAX + 1);
    block.bytes.put(0, bytes);
    return block;
  }
}
