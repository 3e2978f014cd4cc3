package dev.holdfast.agent.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Key file of the sealed link")
class LinkKeysTest {
  private static final LinkKey ONE = key(1);
  private static final LinkKey TWO = key(2);

  private static LinkKey key(int fill) {
    byte[] secret = new byte[LinkKey.BYTES];
    Arrays.fill(secret, (byte) fill);
    return LinkKey.of(secret);
  }

  private static String refusal(String text) {
    return ((LinkKeys.Parsed.Refused) LinkKeys.parse(text)).sentence();
  }

  @Test
  void readsOneLineOfBase64() {
    assertThat(LinkKeys.parse(ONE.toLine() + "\n"))
        .isEqualTo(new LinkKeys.Parsed.Ok(LinkKeys.of(ONE)));
  }

  @Test
  void sealsWithTheFirstOfTwoKeysAndAcceptsBoth() {
    var parsed =
        (LinkKeys.Parsed.Ok) LinkKeys.parse("# new\n" + TWO.toLine() + "\n\n" + ONE.toLine());

    assertThat(parsed.keys().sealing()).isEqualTo(TWO);
    assertThat(parsed.keys().find(ONE.id())).isEqualTo(ONE);
    assertThat(parsed.keys().find(12345)).isNull();
  }

  @Test
  void saysHowToMakeAKeyWhenThereIsNone() {
    assertThat(refusal("\n# nothing\n")).contains("holdfast keygen");
  }

  @Test
  void namesTheLineThatIsNoKeyAndNeverItsText() {
    assertThat(refusal("\nc2hvcnQ=\n")).contains("line 2").doesNotContain("c2hvcnQ");
    assertThat(refusal("pass phrase!")).contains("line 1").doesNotContain("phrase");
  }

  @Test
  void refusesAThirdKey() {
    assertThat(refusal(ONE.toLine() + "\n" + TWO.toLine() + "\n" + key(3).toLine()))
        .contains("more than two");
  }

  @Test
  void theSameKeyTwiceIsOneKey() {
    assertThat(LinkKeys.parse(ONE.toLine() + "\n" + ONE.toLine()))
        .isEqualTo(new LinkKeys.Parsed.Ok(LinkKeys.of(ONE)));
  }

  @Test
  void neverShowsTheSecretInAText() {
    assertThat(LinkKeys.of(ONE, TWO).toString()).doesNotContain(ONE.toLine());
  }

  @Test
  void fingerprintsAreWhatSha256sumSaysOfTheKeysBytes() {
    var parsed = (LinkKeys.Parsed.Ok) LinkKeys.parse(TWO.toLine() + "\n" + ONE.toLine());

    // head -c 32 /dev/zero | tr '\0' '\2' | sha256sum; and '\1' for the second
    assertThat(parsed.keys().fingerprints()).containsExactly("75877bb4", "72cd6e84");
  }
}
