#include "grimoire/report/layout.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"

namespace grim::report {
namespace {

constexpr size_t kGap = 2;  // between columns of a table

// Columns of one character (Unicode's East Asian Width, in blocks).
size_t columns_of(uint32_t c) {
  const bool on_another = c == 0 || (c >= 0x300 && c < 0x370) || (c >= 0x483 && c < 0x48A) ||
                          (c >= 0x591 && c < 0x5C8 && c != 0x5BE && c != 0x5C0 && c != 0x5C3 && c != 0x5C6) || (c >= 0x610 && c < 0x61B) ||
                          (c >= 0x64B && c < 0x660) || (c >= 0x1AB0 && c < 0x1B00) || (c >= 0x1DC0 && c < 0x1E00) || (c >= 0x200B && c <= 0x200F) ||
                          (c >= 0x20D0 && c < 0x2100) || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xFE20 && c < 0xFE30);
  if (on_another) return 0;
  const bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2E80 && c < 0xA4D0) || (c >= 0xAC00 && c < 0xD7A4) || (c >= 0xF900 && c < 0xFB00) ||
                    (c >= 0xFE30 && c < 0xFE70) || (c >= 0xFF00 && c < 0xFF61) || (c >= 0xFFE0 && c < 0xFFE7) || (c >= 0x1F300 && c < 0x1FB00) ||
                    (c >= 0x20000 && c < 0x40000);
  return wide ? 2 : 1;
}

size_t escape_length(std::string_view text) {  // of ESC [ ... letter
  size_t n = 2;
  while (n < text.size() && (text[n] < '@' || text[n] > '~')) ++n;
  return std::min(n + 1, text.size());
}

size_t longest_word(std::string_view cell) {
  size_t most = 0;
  for (size_t at = 0; at < cell.size();) {
    const size_t end = std::min(cell.find(' ', at), cell.size());
    most = std::max(most, display_width(cell.substr(at, end - at)));
    at = end + 1;
  }
  return most;
}

// Row by row, each cell on lines of its own behind its column's head: for what fits no width.
std::string listed_table(const std::vector<std::vector<std::string>>& rows, const TableLayout& layout) {
  std::string out;
  for (size_t r = layout.first_is_head ? 1 : 0; r < rows.size(); ++r) {
    if (!out.empty()) out += "\n";
    for (size_t c = 0; c < rows[r].size(); ++c) {
      const std::string head = layout.first_is_head && c < rows[0].size() && !rows[0][c].empty() ? rows[0][c] + ": " : "";
      out += flowed(head + rows[r][c], layout.indent, layout.indent + "  ", layout.width);
    }
  }
  return out;
}

std::vector<std::string> lines_of(const std::string& cell, size_t width) {
  const std::string text = flowed(cell, "", "", width);
  const auto lines = lines_in(text);
  return {lines.begin(), lines.end()};
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0x1B && i + 1 < text.size() && text[i + 1] == '[') {
      i += escape_length(text.substr(i));
      continue;
    }
    const size_t bytes = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    uint32_t code = bytes == 1 ? c : c & (0x7Fu >> bytes);
    for (size_t k = 1; k < bytes && i + k < text.size(); ++k) code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    width += columns_of(code);
    i += bytes;
  }
  return width;
}

std::string shown(std::string_view words) {
  const std::string text = well_formed(words);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const bool high = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;  // U+0080 to U+009F
    if (c == '\t') out += ' ';
    else if (high) out += str("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[++i])));
    else if (byte < 0x20 || byte == 0x7F) out += str("\\x{:02x}", static_cast<unsigned>(byte));
    else out += c;
  }
  return out;
}

std::string shortened(std::string_view text, size_t most) {
  const std::string all = shown(whole_characters(text, 8 * most));  // no character has more bytes
  if (all.size() <= most || (text.size() <= 8 * most && display_width(all) <= most)) return all;
  size_t end = 0, width = 0;
  while (end < all.size()) {
    size_t next = end + 1;
    while (next < all.size() && (static_cast<unsigned char>(all[next]) & 0xC0) == 0x80) ++next;
    const size_t wide = display_width(std::string_view(all).substr(end, next - end));
    if (width + wide + 3 > most) break;
    width += wide, end = next;
  }
  return all.substr(0, end) + "...";
}

std::string flowed(std::string_view text, std::string_view first, std::string_view next, size_t width) {
  std::string out(first);
  size_t column = display_width(first);
  bool begun = false;
  for (size_t at = 0; at < text.size();) {
    const size_t start = text.find_first_not_of(' ', at);
    if (start == text.npos) break;
    const size_t end = std::min(text.find(' ', start), text.size());
    const std::string_view word = text.substr(start, end - start);
    const size_t wide = display_width(word);
    if (begun && column + 1 + wide > width) {
      out.append("\n").append(next);
      column = display_width(next), begun = false;
    }
    if (begun) out += ' ', ++column;
    out.append(word);
    column += wide, begun = true, at = end;
  }
  return out + "\n";
}

bool reads_as_number(std::string_view cell) {
  double v;
  if (cell.empty() || cell == "-" || cell == "nan" || cell == "inf" || cell == "-inf") return true;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), v);
  return error == std::errc() && end == cell.data() + cell.size();
}

size_t least_width(const std::vector<std::vector<std::string>>& rows, const std::string& indent) {
  std::vector<size_t> least;
  for (const auto& row : rows) {
    least.resize(std::max(least.size(), row.size()), 0);
    for (size_t c = 0; c < row.size(); ++c) least[c] = std::max(least[c], longest_word(row[c]));
  }
  size_t sum = display_width(indent) + (least.empty() ? 0 : kGap * (least.size() - 1));
  for (size_t w : least) sum += w;
  return sum;
}

std::string aligned_table(const std::vector<std::vector<std::string>>& rows, const TableLayout& layout) {
  size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  std::vector<size_t> widths(columns, 0), least(columns, 0);
  std::vector<bool> right = layout.right;
  const bool by_cells = right.empty();
  right.resize(columns, by_cells && layout.numbers_right);
  for (size_t r = 0; r < rows.size(); ++r)
    for (size_t c = 0; c < rows[r].size(); ++c) {
      widths[c] = std::max(widths[c], display_width(rows[r][c]));
      least[c] = std::max(least[c], longest_word(rows[r][c]));
      if (by_cells && right[c] && (r > 0 || !layout.first_is_head)) right[c] = reads_as_number(rows[r][c]);
    }
  const auto total = [&] {
    size_t sum = display_width(layout.indent);
    for (size_t w : widths) sum += w + kGap;
    return sum - std::min(sum, kGap);
  };
  while (columns > 0 && total() > layout.width) {
    size_t widest = columns;
    for (size_t c = 0; c < columns; ++c)
      if (widths[c] > least[c] && (widest == columns || widths[c] > widths[widest])) widest = c;
    if (widest == columns) return listed_table(rows, layout);
    --widths[widest];
  }
  std::string out;
  const auto put = [&](size_t column, const std::string& cell, bool last) {
    const std::string room(widths[column] - std::min(widths[column], display_width(cell)), ' ');
    if (right[column]) out += room + cell;
    else out += last ? cell : cell + room;
    if (!last) out += std::string(kGap, ' ');
  };
  for (size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::vector<std::string>> cells;
    size_t height = 1;
    for (size_t c = 0; c < columns; ++c) {
      cells.push_back(lines_of(c < rows[r].size() ? rows[r][c] : "", widths[c]));
      height = std::max(height, cells.back().size());
    }
    for (size_t l = 0; l < height; ++l) {
      out += layout.indent;
      for (size_t c = 0; c < columns; ++c) put(c, l < cells[c].size() ? cells[c][l] : "", c + 1 == columns);
      out.erase(out.find_last_not_of(' ') + 1);
      out += '\n';
    }
    if (r == 0 && layout.first_is_head) {
      out += layout.indent;
      for (size_t c = 0; c < columns; ++c) out += std::string(widths[c], '-') + (c + 1 == columns ? "" : "  ");
      out += '\n';
    }
  }
  return out;
}

}  // namespace grim::report
