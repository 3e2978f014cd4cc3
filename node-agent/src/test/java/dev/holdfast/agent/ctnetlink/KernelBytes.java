package dev.holdfast.agent.ctnetlink;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** The files of {@code vectors/ctnetlink}, captured on a little endian machine. */
final class KernelBytes {
  private KernelBytes() {}

  static List<String> lines(String file) {
    try (InputStream in = KernelBytes.class.getResourceAsStream("/vectors/ctnetlink/" + file)) {
      if (in == null) {
        throw new IOException("no vector " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<ByteBuffer> datagrams(String file) {
    return lines(file).stream().map(KernelBytes::of).toList();
  }

  static ByteBuffer of(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
