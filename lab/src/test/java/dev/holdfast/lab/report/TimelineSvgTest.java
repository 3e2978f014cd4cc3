package dev.holdfast.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.lab.measure.judge.AdvertSeen;
import dev.holdfast.lab.measure.judge.FlowEnd;
import dev.holdfast.lab.measure.judge.FlowKind;
import dev.holdfast.lab.measure.judge.FlowRecord;
import dev.holdfast.lab.measure.judge.HoldChange;
import dev.holdfast.lab.measure.judge.Judge;
import dev.holdfast.lab.measure.judge.Mark;
import dev.holdfast.lab.measure.judge.ProbeTrace;
import dev.holdfast.lab.measure.judge.Recording;
import dev.holdfast.lab.measure.judge.Span;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

@DisplayName("The timeline of a run")
class TimelineSvgTest {

  private static long ms(double millis) {
    return Math.round(millis * 1_000_000);
  }

  private static Recording powerOff(String fault) {
    var adverts = new ArrayList<AdvertSeen>();
    for (int at = 0; at <= 5_000; at += 100) {
      String router = at < 2_000 ? "router-a" : "router-b";
      if (at < 2_000 || at > 2_300) {
        adverts.add(new AdvertSeen(ms(at), router, "lan", Family.IPV4, 11, 100, ms(100)));
      }
    }
    long[] sent = new long[5_000];
    long[] received = new long[5_000];
    for (int n = 0; n < sent.length; n++) {
      sent[n] = ms(n);
      received[n] = n >= 2_000 && n < 2_400 ? ProbeTrace.LOST : ms(n + 0.1);
    }
    return new Recording(
        new Span(0, ms(5_000)),
        List.of(new Mark(fault, ms(2_000))),
        List.of(new ProbeTrace("up IPv4", sent, received)),
        List.of(),
        List.of(
            new FlowRecord(
                "forward",
                FlowKind.PUSH,
                Family.IPV4,
                ms(10),
                true,
                FlowEnd.OPEN,
                ms(4_990),
                new Span(ms(2_000), ms(2_620)),
                400)),
        List.of(),
        adverts,
        List.of(
            new HoldChange(0, "router-a", "lan", IpAddress.parse("192.168.0.3"), true),
            new HoldChange(ms(2_001), "router-a", "lan", IpAddress.parse("192.168.0.3"), false),
            new HoldChange(ms(2_401), "router-b", "lan", IpAddress.parse("192.168.0.3"), true)),
        List.of(),
        Map.of(),
        List.of(),
        List.of(),
        0);
  }

  private static String draw(Recording recording) {
    return TimelineSvg.draw(
        ReportsTest.setting("holdfast", "power-off", 100), recording, Judge.judge(recording));
  }

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void saysWhatHappenedInWords() {
    String svg = draw(powerOff("power-off"));

    assertThat(svg)
        .contains(">power-off on holdfast<")
        .contains("longest gap 401 ms")
        .contains("1 of 1 connections kept")
        .contains(">router-b active, 400 ms<")
        .contains(">401 ms<");
  }

  @Test
  void isWellFormedWhateverTheNames() throws Exception {
    Document document = parse(draw(powerOff("loss:10% <&>")));

    assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
  }

  @Test
  void drawsALaneForEachRouterAndDirection() throws Exception {
    Document document = parse(draw(powerOff("power-off")));

    var texts = document.getElementsByTagName("text");
    var names = new ArrayList<String>();
    for (int i = 0; i < texts.getLength(); i++) {
      names.add(texts.item(i).getTextContent());
    }
    assertThat(names).contains("router-a", "router-b", "probes to the internet", "connections");
  }

  @Test
  void showsThePartOfTheRunInWhichSomethingHappened() {
    Span view = TimelineSvg.view(powerOff("power-off"));

    assertThat(view.fromNanos()).isBetween(ms(1_700), ms(1_850));
    assertThat(view.toNanos()).isBetween(ms(2_800), ms(3_200));
  }

  @Test
  void drawsARunInWhichNothingWasSeen() throws Exception {
    var empty =
        new Recording(
            new Span(0, ms(1_000)),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            Map.of(),
            List.of(),
            List.of(),
            0);

    assertThat(parse(draw(empty)).getDocumentElement().getTagName()).isEqualTo("svg");
  }

  @Test
  void gridLinesStandAtRoundTimes() {
    assertThat(TimelineSvg.step(700)).isEqualTo(50);
    assertThat(TimelineSvg.step(1_400)).isEqualTo(100);
    assertThat(TimelineSvg.step(6_000)).isEqualTo(500);
    assertThat(TimelineSvg.step(20_000)).isEqualTo(2_000);
  }
}
