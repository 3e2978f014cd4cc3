package dev.holdfast.agent.ops;

import java.util.ArrayList;
import java.util.List;

/** Rows in columns as wide as their widest cell. */
final class Table {

  private Table() {}

  /**
   * @param rows each with the same number of cells, the heading first
   */
  static List<String> lines(List<String[]> rows) {
    int[] widths = new int[rows.getFirst().length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] row : rows) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        text.append(row[i]).repeat(' ', i == row.length - 1 ? 0 : widths[i] - row[i].length() + 2);
      }
      lines.add(text.toString().stripTrailing());
    }
    return lines;
  }
}
