#include "grimoire/text/jinja/python_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/utf8.h"
#include "grimoire/text/unicode.h"

namespace grim::jinja {

bool python_space(char32_t c) { return c < 0x80 ? (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20) : class_of(c).space(); }

namespace {

// The code point that ends at `end`, which moves to its first byte.
char32_t previous_code_point(std::string_view text, size_t& end) {
  size_t at = end - 1;
  while (at > 0 && continues_character(text[at])) --at;
  end = at;
  size_t next = at;
  return next_code_point(text, next);
}

bool is_cased(char32_t c) { return class_of(c).category() <= Category::Lt; }

bool is_case_ignorable(char32_t c) {
  const Category k = class_of(c).category();
  const bool by_category = k == Category::Mn || k == Category::Me || k == Category::Cf || k == Category::Lm || k == Category::Sk;
  return by_category || c == '\'' || c == '.' || c == ':' || c == 0xb7 || c == 0x387 || c == 0x2018 || c == 0x2019 || c == 0x2024 || c == 0x2027;
}

// The small sigma at the end of a word has a form of its own.
void append_lower_at(std::string& out, std::string_view text, size_t begin, size_t end, char32_t c) {
  if (c != 0x3a3) return append_lower(out, c);
  bool before = false, after = false;
  for (size_t at = begin; at > 0;) {
    const char32_t p = previous_code_point(text, at);
    if (is_case_ignorable(p)) continue;
    before = is_cased(p);
    break;
  }
  for (size_t at = end; at < text.size();) {
    const char32_t n = next_code_point(text, at);
    if (is_case_ignorable(n)) continue;
    after = is_cased(n);
    break;
  }
  append_utf8(out, before && !after ? 0x3c2 : 0x3c3);
}

}  // namespace

std::string_view stripped(std::string_view text, std::optional<std::string_view> characters, bool left, bool right) {
  std::vector<char32_t> wanted = characters ? code_points(*characters) : std::vector<char32_t>();
  std::sort(wanted.begin(), wanted.end());
  const auto goes = [&](char32_t c) { return characters ? std::binary_search(wanted.begin(), wanted.end(), c) : python_space(c); };
  size_t begin = 0, end = text.size();
  for (size_t at = 0; left && begin < end; begin = at) {
    if (!goes(next_code_point(text, at))) break;
  }
  for (size_t at = end; right && end > begin; end = at) {
    if (!goes(previous_code_point(text, at))) break;
  }
  return text.substr(begin, end - begin);
}

namespace {

void need_room(const std::vector<std::string>& parts) {
  constexpr size_t kMost = 300'000;
  if (parts.size() > kMost) throw Fault(str("a text falls into more than {} parts", kMost), ErrorKind::resource);
}

std::vector<std::string> split_at_space(std::string_view text, int64_t most, bool from_right) {
  std::vector<std::string> parts;
  while (true) {
    text = stripped(text, std::nullopt, !from_right, from_right);
    if (text.empty()) break;
    if (most >= 0 && static_cast<int64_t>(parts.size()) == most) {
      parts.emplace_back(text);
      break;
    }
    size_t at = from_right ? text.size() : 0;
    for (size_t next = at; from_right ? next > 0 : next < text.size(); at = next) {
      if (python_space(from_right ? previous_code_point(text, next) : next_code_point(text, next))) break;
    }
    parts.emplace_back(from_right ? text.substr(at) : text.substr(0, at));
    need_room(parts);
    text = from_right ? text.substr(0, at) : text.substr(at);
  }
  return parts;
}

}  // namespace

std::vector<std::string> split_text(std::string_view text, std::optional<std::string_view> separator, int64_t most, bool from_right) {
  std::vector<std::string> parts;
  if (!separator) {
    parts = split_at_space(text, most, from_right);
  } else {
    if (separator->empty()) throw Fault("empty separator");
    while (most < 0 || static_cast<int64_t>(parts.size()) < most) {
      const size_t at = from_right ? text.rfind(*separator) : text.find(*separator);
      if (at == std::string_view::npos) break;
      parts.emplace_back(from_right ? text.substr(at + separator->size()) : text.substr(0, at));
      need_room(parts);
      text = from_right ? text.substr(0, at) : text.substr(at + separator->size());
    }
    parts.emplace_back(text);
  }
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = at;
    const char32_t c = next_code_point(text, at);
    const bool ends = (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
    if (!ends) continue;
    if (c == '\r' && at < text.size() && text[at] == '\n') ++at;
    lines.emplace_back(text.substr(begin, (keep_ends ? at : end) - begin));
    need_room(lines);
    begin = at;
  }
  if (begin < text.size()) lines.emplace_back(text.substr(begin));
  return lines;
}

std::string replaced(std::string_view text, std::string_view old, std::string_view by, int64_t most) {
  std::string out;
  size_t at = 0;
  for (int64_t n = 0; most < 0 || n < most; ++n) {
    if (old.empty()) {  // between all characters, and at both ends
      out += by;
      if (at == text.size()) return out;
      const size_t begin = at;
      next_code_point(text, at);
      out += text.substr(begin, at - begin);
      continue;
    }
    const size_t found = text.find(old, at);
    if (found == std::string_view::npos) break;
    out += text.substr(at, found - at);
    out += by;
    at = found + old.size();
  }
  out += text.substr(at);
  return out;
}

std::string lower_text(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_code_point(text, at);
    append_lower_at(out, text, begin, at, c);
  }
  return out;
}

std::string upper_text(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) append_upper(out, next_code_point(text, at));
  return out;
}

namespace {

// The first letter of each word as a title form, the others small; a word begins behind what `splits` says of the code point before.
template <class Splits> std::string titled(std::string_view text, Splits splits) {
  std::string out;
  bool first = true;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (first) append_title(out, c);
    else append_lower_at(out, text, begin, at, c);
    first = splits(c);
  }
  return out;
}

}  // namespace

std::string capitalize_text(std::string_view text) {
  return titled(text, [](char32_t) { return false; });
}
std::string title_text(std::string_view text) {
  return titled(text, [](char32_t c) { return !is_cased(c); });
}

std::string title_words(std::string_view text) {
  const auto splits = [](char32_t c) { return python_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<'; };
  std::string out, word;
  const auto flush = [&] {
    size_t at = 0;
    if (!word.empty()) {
      append_upper(out, next_code_point(word, at));
      out += lower_text(std::string_view(word).substr(at));
    }
    word.clear();
  };
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (splits(c)) {
      flush();
      append_utf8(out, c);
    } else {
      append_utf8(word, c);
    }
  }
  flush();
  return out;
}

bool all_cased(std::string_view text, bool upper) {
  bool any = false;
  for (size_t at = 0; at < text.size();) {
    const Category k = class_of(next_code_point(text, at)).category();
    if (k == Category::Lt || k == (upper ? Category::Ll : Category::Lu)) return false;
    any = any || k == (upper ? Category::Lu : Category::Ll);
  }
  return any;
}

void need_few(const std::string& written) {
  if (written.size() > kMostWritten) throw Fault(str("a text grows beyond {} bytes by its escapes", kMostWritten), ErrorKind::resource);
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    need_few(out);
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace grim::jinja
