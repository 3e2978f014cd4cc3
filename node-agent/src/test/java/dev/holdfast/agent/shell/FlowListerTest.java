package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.ops.FlowQuestion;
import dev.holdfast.agent.ops.FlowView;
import dev.holdfast.agent.ops.UnprotectedReason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Flows are listed a piece at a time")
class FlowListerTest {
  private static final int PEER = 1;
  private static final FlowQuestion ALL = FlowQuestion.of(null, null, null, null, null);

  private final FlowTable table = new FlowTable(FlowMemory.onHeap(), 7, 100_000, 100);

  private void store(int owner, int number) {
    FlowEntry flow = new FlowEntry();
    flow.original.protocol = IpProtocol.UDP;
    flow.original.ipv4(0x0a00_0000 + (number >>> 16), 0xcb00_7109);
    flow.original.ports(number & 0xffff, 53);
    flow.reply.invert(flow.original);
    flow.has = FlowEntry.HAS_TIMEOUT;
    flow.timeoutSeconds = 30;
    table.store(owner, Telling.BORN, flow, true, 10);
  }

  private List<FlowView> list(FlowQuestion question, FlowLister.Now now) {
    List<FlowView> all = new ArrayList<>();
    FlowLister lister = new FlowLister(question);
    while (!lister.done()) {
      lister.look(table, now);
      assertThat(lister.copies()).hasSizeLessThanOrEqualTo(256);
      lister.copies().forEach(copy -> all.add(copy.view()));
    }
    return all;
  }

  @Test
  void everyFlowIsListedOnce() {
    for (int i = 0; i < 20_000; i++) {
      store(i % 2 == 0 ? FlowTable.OURS : PEER, i);
    }

    List<FlowView> all =
        list(
            ALL,
            new FlowLister.Now(new Protection(0, 0, UnprotectedReason.NOT_YET_ACKNOWLEDGED), 15));

    assertThat(all).hasSize(20_000);
    assertThat(new HashSet<>(all)).hasSize(20_000);
    assertThat(all).extracting(FlowView::timeoutSeconds).containsOnly(25L);
  }

  @Test
  void whatThePeerAcknowledgedIsProtectedAndWhatIsTheirsToo() {
    store(FlowTable.OURS, 1);
    long acknowledged = table.ours().newestPosition();
    store(FlowTable.OURS, 2);
    store(PEER, 3);

    List<FlowView> all =
        list(
            ALL,
            new FlowLister.Now(
                new Protection(acknowledged, 0, UnprotectedReason.NOT_YET_ACKNOWLEDGED), 10));

    assertThat(all)
        .extracting(FlowView::reason)
        .containsExactly(null, UnprotectedReason.NOT_YET_ACKNOWLEDGED, null);
    assertThat(list(ALL, new FlowLister.Now(new Protection(0, 0, UnprotectedReason.NO_PEER), 10)))
        .extracting(FlowView::reason)
        .containsExactly(UnprotectedReason.NO_PEER, UnprotectedReason.NO_PEER, null);
  }

  @Test
  void onlyWhatWasAskedForIsListed() {
    store(FlowTable.OURS, 1);
    store(PEER, 2);

    assertThat(
            list(
                FlowQuestion.of(FlowView.Owner.theirs, "udp", null, null, 2),
                new FlowLister.Now(
                    new Protection(0, 0, UnprotectedReason.NOT_YET_ACKNOWLEDGED), 10)))
        .hasSize(1)
        .allMatch(flow -> flow.owner() == FlowView.Owner.theirs);
    assertThat(
            list(
                FlowQuestion.of(FlowView.Owner.ours, null, null, null, 2),
                new FlowLister.Now(
                    new Protection(0, 0, UnprotectedReason.NOT_YET_ACKNOWLEDGED), 10)))
        .isEmpty();
  }

  @Test
  void anEmptyTableIsAnEmptyList() {
    assertThat(
            list(
                ALL,
                new FlowLister.Now(
                    new Protection(0, 0, UnprotectedReason.NOT_YET_ACKNOWLEDGED), 10)))
        .isEmpty();
  }
}
