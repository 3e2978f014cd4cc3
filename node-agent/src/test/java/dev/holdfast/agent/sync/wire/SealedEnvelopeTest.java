package dev.holdfast.agent.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Sealed envelope")
class SealedEnvelopeTest {
  private static final LinkKey ROOT = LinkKey.of(new byte[32]);
  private static final byte[] SALT_A = filled(1);
  private static final byte[] SALT_B = filled(2);
  private static final SecretKey KEY =
      KeySchedule.session(ROOT, SALT_A, SALT_B, "home", "router-a", "router-b");

  private final SealedEnvelope envelope = new SealedEnvelope();
  private final EnvelopeHeader read = new EnvelopeHeader();
  private final ByteBuffer opened = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);

  private static byte[] filled(int value) {
    byte[] bytes = new byte[EnvelopeHeader.SALT_BYTES];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static EnvelopeHeader header() {
    EnvelopeHeader header = new EnvelopeHeader();
    header.kind = EnvelopeKind.DATA;
    header.path = 2;
    header.keyId = ROOT.id();
    header.clusterTag = KeySchedule.clusterTag("home");
    header.senderTag = KeySchedule.nodeTag("router-a");
    header.receiverTag = KeySchedule.nodeTag("router-b");
    header.session = 77;
    header.counter = 5;
    return header;
  }

  private ByteBuffer seal(EnvelopeHeader header, byte[] message) {
    ByteBuffer datagram = ByteBuffer.allocate(EnvelopeHeader.DATAGRAM_BYTES_MAX);
    // A fresh one each time: the provider refuses the same nonce twice running.
    new SealedEnvelope().seal(header, null, KEY, ByteBuffer.wrap(message), datagram);
    return datagram.flip();
  }

  private @Nullable LinkDropReason open(ByteBuffer datagram, SecretKey key) {
    LinkDropReason drop = read.read(datagram);
    return drop != null ? drop : envelope.open(read, key, datagram, opened);
  }

  @Test
  void bringsBackWhatWasSealedAndTheHeaderInTheClear() {
    byte[] message = "theirs".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    assertThat(open(seal(header(), message), KEY)).isNull();

    assertThat(opened.remaining()).isEqualTo(6);
    assertThat(Arrays.copyOf(opened.array(), 6)).isEqualTo(message);
    assertThat(read.path).isEqualTo(2);
    assertThat(read.session).isEqualTo(77);
    assertThat(read.counter).isEqualTo(5);
  }

  @Test
  void anEmptyMessageIsAMessage() {
    assertThat(open(seal(header(), new byte[0]), KEY)).isNull();
    assertThat(opened.hasRemaining()).isFalse();
  }

  @Test
  void everyBitOfADatagramIsBoundByTheSeal() {
    ByteBuffer datagram = seal(header(), new byte[40]);
    for (int bit = 0; bit < datagram.limit() * 8; bit++) {
      byte before = datagram.get(bit / 8);
      datagram.put(bit / 8, (byte) (before ^ 1 << bit % 8));
      assertThat(open(datagram, KEY)).as("bit %d", bit).isNotNull();
      datagram.put(bit / 8, before);
    }
    assertThat(open(datagram, KEY)).isNull();
  }

  @Test
  void versionClusterSenderReceiverSessionPathAndCounterAreAssociatedData() {
    // Each changed alone in the clear header, by somebody without the key.
    for (int at : new int[] {3, 6, 8, 12, 16, 24, 32, 40}) {
      ByteBuffer datagram = seal(header(), new byte[40]);
      datagram.put(at, (byte) (datagram.get(at) ^ 1));
      assertThat(open(datagram, KEY)).as("byte %d", at).isEqualTo(LinkDropReason.FORGED);
    }
  }

  @Test
  void noOtherClusterSenderReceiverSaltOrDirectionHasTheSameKey() {
    LinkKey other = LinkKey.of(filled(9));
    for (SecretKey wrong :
        new SecretKey[] {
          KeySchedule.session(other, SALT_A, SALT_B, "home", "router-a", "router-b"),
          KeySchedule.session(ROOT, SALT_A, SALT_B, "work", "router-a", "router-b"),
          KeySchedule.session(ROOT, SALT_A, SALT_B, "home", "router-c", "router-b"),
          KeySchedule.session(ROOT, SALT_A, SALT_B, "home", "router-a", "router-c"),
          KeySchedule.session(ROOT, SALT_A, SALT_B, "home", "router-b", "router-a"),
          KeySchedule.session(ROOT, SALT_B, SALT_A, "home", "router-a", "router-b"),
          // The same letters, cut elsewhere.
          KeySchedule.session(ROOT, SALT_A, SALT_B, "homer", "outer-a", "router-b"),
          KeySchedule.opening(ROOT, SALT_A, "home", "router-a", "router-b"),
          KeySchedule.hello(ROOT, SALT_A, "home", "router-a"),
        }) {
      assertThat(open(seal(header(), new byte[40]), wrong)).isEqualTo(LinkDropReason.FORGED);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 47, 48, 63, 64, 80, 103})
  void aShortenedDatagramIsTruncated(int bytes) {
    ByteBuffer datagram = seal(header(), new byte[40]).limit(bytes);
    assertThat(open(datagram, KEY)).isEqualTo(LinkDropReason.TRUNCATED);
  }

  @Test
  void aLengthenedDatagramIsOversized() {
    ByteBuffer datagram = seal(header(), new byte[40]);
    datagram.limit(datagram.limit() + 1);
    assertThat(open(datagram, KEY)).isEqualTo(LinkDropReason.OVERSIZED);
  }

  @Test
  void olderAndNewerEnvelopesAndOtherProgramsAreNamed() {
    ByteBuffer datagram = seal(header(), new byte[40]);
    assertThat(open(datagram.put(1, (byte) 0), KEY)).isEqualTo(LinkDropReason.OLD_VERSION);
    assertThat(open(datagram.put(1, (byte) 2), KEY)).isEqualTo(LinkDropReason.NEW_VERSION);
    assertThat(open(datagram.put(1, (byte) 1).put(2, (byte) 99), KEY))
        .isEqualTo(LinkDropReason.UNKNOWN_KIND);
    assertThat(open(datagram.put(0, (byte) 0x10), KEY)).isEqualTo(LinkDropReason.NOT_OURS);
    assertThat(open(ByteBuffer.allocate(0), KEY)).isEqualTo(LinkDropReason.TRUNCATED);
  }

  @Test
  void saltedKindsCarryTheSaltUnderTheSeal() {
    EnvelopeHeader header = header();
    header.kind = EnvelopeKind.INITIATE;
    ByteBuffer datagram = ByteBuffer.allocate(500);
    new SealedEnvelope().seal(header, SALT_A, KEY, ByteBuffer.wrap(new byte[10]), datagram);
    datagram.flip();

    assertThat(datagram.limit()).isEqualTo(48 + 32 + 10 + 16);
    assertThat(open(datagram, KEY)).isNull();
    datagram.put(60, (byte) 7);
    assertThat(open(datagram, KEY)).isEqualTo(LinkDropReason.FORGED);
  }

  @Test
  void anythingAtAllIsOpenedOrNamedAndNeverThrows() {
    Random random = new Random(21);
    ByteBuffer sealed = seal(header(), new byte[200]);
    byte[] good = new byte[sealed.remaining()];
    sealed.get(good);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length + 40));
      for (int changes = random.nextInt(4); changes >= 0 && bytes.length > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      boolean same = Arrays.equals(bytes, good);
      assertThat(open(ByteBuffer.wrap(bytes), KEY) == null).isEqualTo(same);
    }
  }
}
