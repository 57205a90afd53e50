#include "grimoire/learn/html_tag.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/learn/deck.h"
#include "grimoire/report/escape.h"

namespace grim::learn {

size_t entity(std::string_view text, std::string& letter) {
  if (const NamedEntity known = named_entity(text); known.size > 0) return letter = known.text, known.size;
  const size_t end = text.find(';');
  if (!text.starts_with("&#") || end == text.npos || end < 3) return 0;
  const bool hex = text[2] == 'x' || text[2] == 'X';
  uint32_t code = 0;
  const auto [stop, error] = std::from_chars(text.data() + (hex ? 3 : 2), text.data() + end, code, hex ? 16 : 10);
  if (error != std::errc() || stop != text.data() + end || code == 0) return 0;
  letter.clear();
  if (code == 0xA0) letter = " ";
  else append_utf8(letter, static_cast<char32_t>(code));
  return end + 1;
}

Tag tag_at(std::string_view html) {
  if (html.starts_with("<!--")) return {"!", {}, std::min(html.find("-->"), html.size() - 3) + 3};
  if (html.size() < 2 || html[0] != '<' || (!std::isalpha(static_cast<unsigned char>(html[1])) && html[1] != '/' && html[1] != '!')) return {};
  const size_t end = html.find('>');
  if (end == html.npos) return {};
  const std::string_view inside = html.substr(1, end - 1);
  std::string name = folded_text(inside.substr(0, inside.find_first_of(" \t\n/", 1)));
  return {std::move(name), inside, end + 1};
}

std::string attribute(std::string_view tag, std::string_view name) {
  for (const char quote : {'"', '\''}) {
    const size_t at = tag.find(str(" {}={}", name, std::string(1, quote)));
    if (at == tag.npos) continue;
    const size_t begin = at + name.size() + 3;
    return decoded_entities(tag.substr(begin, tag.find(quote, begin) - begin));
  }
  return "";
}

std::string decoded_entities(std::string_view html) {
  std::string out, letter;
  while (!html.empty()) {
    const size_t size = html[0] == '&' ? entity(html, letter) : 0;
    out += size > 0 ? letter : std::string(1, html[0]);
    html.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

}  // namespace grim::learn
