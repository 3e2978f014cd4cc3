package dev.holdfast.lab.report;

import java.util.Locale;

/** Writes the few SVG elements that a timeline is made of. One style sheet, no script. */
final class SvgText {

  private static final String STYLE =
      """
      text { font-family: "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif; }
      .paper { fill: #ffffff; stroke: #d7dce2; }
      .title { font-size: 20px; font-weight: 600; fill: #1c2733; }
      .subtitle { font-size: 14px; fill: #4a5866; }
      .name { font-size: 12px; fill: #1c2733; }
      .detail { font-size: 10px; fill: #7a8794; }
      .axis { font-size: 11px; fill: #65727f; }
      .legend { font-size: 11px; fill: #4a5866; }
      .lane { fill: #f4f6f8; }
      .grid { stroke: #dfe4e9; stroke-width: 1; }
      .role { opacity: 0.92; }
      .hold { opacity: 0.75; }
      .advert { stroke: #ffffff; stroke-width: 1; opacity: 0.75; }
      .leave { stroke-width: 2; }
      .came { fill: #b9dfc4; }
      .lost { fill: #d64545; }
      .paused { fill: #e8a33d; }
      .floor { fill: #9aa5b1; }
      line.fault { stroke: #b3261e; stroke-width: 1.5; stroke-dasharray: 5 3; }
      line.active { stroke: #1f7a4d; stroke-width: 1.5; stroke-dasharray: 2 3; }
      text.fault { font-size: 12px; font-weight: 600; fill: #b3261e; }
      text.active { font-size: 12px; font-weight: 600; fill: #1f7a4d; }
      text.gap { font-size: 12px; font-weight: 600; fill: #ffffff; stroke: #8f2a2a; \
      stroke-width: 2.4px; paint-order: stroke; }
      """;

  private final StringBuilder out = new StringBuilder();

  void open(double width, double height, String title) {
    out.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")
        .append(number(width))
        .append(' ')
        .append(number(height))
        .append("\" role=\"img\">\n<title>")
        .append(escape(title))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style>\n");
    out.append("<rect class=\"paper\" x=\"0.5\" y=\"0.5\" rx=\"8\" width=\"")
        .append(number(width - 1))
        .append("\" height=\"")
        .append(number(height - 1))
        .append("\"/>\n");
  }

  void close() {
    out.append("</svg>\n");
  }

  void append(SvgText other) {
    out.append(other.out);
  }

  /**
   * @param colour empty: the style's
   */
  void rectangle(double x, double y, double width, double height, String colour, String style) {
    out.append("<rect class=\"").append(style).append('"');
    attribute("x", x);
    attribute("y", y);
    attribute("width", width);
    attribute("height", height);
    fill(colour);
    out.append("/>\n");
  }

  void line(double x1, double y1, double x2, double y2, String style) {
    out.append("<line class=\"").append(style).append('"');
    attribute("x1", x1);
    attribute("y1", y1);
    attribute("x2", x2);
    attribute("y2", y2);
    out.append("/>\n");
  }

  /** A ring of a colour. */
  void circle(double x, double y, double radius, String colour, String style) {
    out.append("<circle class=\"").append(style).append("\" fill=\"#ffffff\" stroke=\"");
    out.append(colour).append('"');
    attribute("cx", x);
    attribute("cy", y);
    attribute("r", radius);
    out.append("/>\n");
  }

  void triangle(double x, double y, double size, String colour) {
    out.append("<path d=\"M")
        .append(number(x - size))
        .append(' ')
        .append(number(y + size))
        .append(" L")
        .append(number(x + size))
        .append(' ')
        .append(number(y + size))
        .append(" L")
        .append(number(x))
        .append(' ')
        .append(number(y - size))
        .append(" Z\"");
    fill(colour);
    out.append("/>\n");
  }

  /**
   * @param anchor {@code start}, {@code middle} or {@code end}
   */
  void text(double x, double y, String style, String anchor, String text) {
    out.append("<text class=\"").append(style).append("\" text-anchor=\"").append(anchor);
    out.append('"');
    attribute("x", x);
    attribute("y", y);
    out.append('>').append(escape(text)).append("</text>\n");
  }

  private void fill(String colour) {
    if (!colour.isEmpty()) {
      out.append(" fill=\"").append(colour).append('"');
    }
  }

  private void attribute(String name, double value) {
    out.append(' ').append(name).append("=\"").append(number(value)).append('"');
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
