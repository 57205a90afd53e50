#include "grimoire/base/utf8.h"

#include <algorithm>
#include <cstring>

#include "grimoire/base/error.h"

namespace grim {
namespace {

struct Decoded {
  char32_t c;
  size_t length;     // bytes; of the bad part when it is malformed
  const char* fault; // nullptr for a good one
};

Decoded decode(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at);
  if (lead < 0x80) return {lead, 1, nullptr};
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {0xfffd, 1, "cannot begin a character"};
  char32_t c = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if (at + i >= text.size()) return {0xfffd, 1, "begins a character that is cut off by the end"};
    if (!continues_character(text[at + i])) return {0xfffd, 1, "begins a character that does not go on"};
    c = c << 6 | (byte(at + i) & 0x3fu);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < smallest[length]) return {0xfffd, 1, "begins a character written longer than allowed"};
  if (c >= 0xd800 && c < 0xe000) return {0xfffd, 1, "begins half of a surrogate pair"};
  if (c > 0x10ffff) return {0xfffd, 1, "begins a character beyond U+10FFFF"};
  return {c, length, nullptr};
}

}  // namespace

std::optional<Utf8Fault> find_utf8_fault(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (uint64_t eight; at + sizeof eight <= text.size()) {  // ASCII, as most of most files is
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080u) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const Decoded d = decode(text, at);
    if (d.fault) {
      const TextPlace place = place_of(text, at);
      return Utf8Fault{at, place.line, place.column,
                       str("byte 0x{:02x} {}", static_cast<unsigned>(static_cast<uint8_t>(text[at])), d.fault)};
    }
    at += d.length;
  }
  return std::nullopt;
}

void check_utf8(std::string_view text, std::string_view source) {
  if (const std::optional<Utf8Fault> f = find_utf8_fault(text))
    fail(ErrorKind::input, "text",
         str("{}: line {}, column {} (byte {}): not UTF-8: {}", source, f->line, f->column, f->byte, f->what),
         "convert the file first: iconv -f LATIN1 -t UTF-8");
}

char32_t next_code_point(std::string_view text, size_t& at) {
  const Decoded d = decode(text, at);
  at += d.length;
  return d.c;
}

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> points;
  points.reserve(text.size());
  for (size_t at = 0; at < text.size();) points.push_back(next_code_point(text, at));
  return points;
}

int64_t count_code_points(std::string_view text) {
  int64_t n = 0;
  for (size_t at = 0; at < text.size(); ++n) at += decode(text, at).length;
  return n;
}

void append_utf8(std::string& text, char32_t c) {
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;
  if (c < 0x80) return text.push_back(static_cast<char>(c));
  char bytes[4];
  size_t n = 0;
  const auto add = [&](char32_t byte) { bytes[n++] = static_cast<char>(byte); };
  if (c < 0x800) {
    add(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      add(0xe0 | c >> 12);
    } else {
      add(0xf0 | c >> 18);
      add(0x80 | (c >> 12 & 0x3f));
    }
    add(0x80 | (c >> 6 & 0x3f));
  }
  add(0x80 | (c & 0x3f));
  text.append(bytes, n);
}

size_t part_at_end(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0 && text.size() - begin < 3)
    if (!continues_character(text[--begin])) break;
  const std::string_view tail = text.substr(begin);
  for (const char further : {'\x80', '\xbf'}) {  // the least and the greatest that may follow
    std::string whole(tail);
    whole.resize(4, further);
    const Decoded d = decode(whole, 0);
    if (!d.fault && d.length > tail.size()) return tail.size();
  }
  return 0;
}

std::string well_formed(std::string_view text) {
  if (!find_utf8_fault(text)) return std::string(text);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Decoded d = decode(text, at);
    size_t end = at + d.length;
    while (d.fault && end < text.size() && continues_character(text[end]) && ends_in_part_of_character(text.substr(at, end + 1 - at))) ++end;
    if (d.fault) append_utf8(out, 0xfffd);
    else out += text.substr(at, d.length);
    at = end;
  }
  return out;
}

std::string_view whole_characters(std::string_view text, size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  size_t end = most_bytes;
  for (int back = 0; back < 3 && end > 0 && continues_character(text[end]); ++back) --end;
  return text.substr(0, end);
}

TextPlace place_of(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, byte);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {1 + std::count(before.begin(), before.end(), '\n'), 1 + count_code_points(before.substr(line_start))};
}

std::string describe(char32_t c) {
  const std::string number = str("U+{:04X}", static_cast<uint32_t>(c));
  const bool shown = c > 0x20 && (c < 0x7f || c > 0xa0) && !(c >= 0x200b && c <= 0x200f) &&
                     !(c >= 0x2028 && c <= 0x202e) && c != 0xfeff;
  if (!shown) return number;
  std::string text = "'";
  append_utf8(text, c);
  return text + "' (" + number + ")";
}

}  // namespace grim
