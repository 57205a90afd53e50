#include "grimoire/text/charsmap.h"

#include <algorithm>
#include <cstring>

#include "grimoire/base/error.h"
#include "grimoire/base/reader.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/unicode.h"

namespace grim {

Charsmap::Charsmap(std::string_view block) {
  Reader reader(block, "precompiled_charsmap");
  const auto bytes = reader.read<uint32_t>("bytes of the trie");
  if (bytes % sizeof(uint32_t) != 0) reader.refuse("bytes of the trie", str("got {}, expected a multiple of 4", bytes));
  const std::string_view trie = reader.take(bytes, "trie");
  std::vector<uint32_t> units(trie.size() / sizeof(uint32_t));
  if (!units.empty()) std::memcpy(units.data(), trie.data(), trie.size());
  rules_ = DoubleArray(std::move(units));
  texts_ = reader.take(reader.remaining(), "texts");
  check_utf8(texts_, "precompiled_charsmap");
  for (size_t b = 1; b < begins_.size(); ++b) {
    const char byte = static_cast<char>(b);
    begins_[b] = rules_.leads({&byte, 1});
  }
}

bool Charsmap::leaves_ascii(char c) const {
  if (!begins(c)) return true;
  if (shortest({&c, 1})) return false;
  for (char d = 1; d > 0 && d < 127; ++d)
    if (const char both[] = {c, d}; rules_.leads({both, 2})) return false;
  return true;
}

std::string_view Charsmap::text_at(uint32_t place) const {
  const std::string_view rest = std::string_view(texts_).substr(place);
  return rest.substr(0, rest.find('\0'));
}

std::optional<Charsmap::Rewrite> Charsmap::longest(std::string_view text) const {
  std::optional<Rewrite> best;
  if (text.empty() || !begins(text[0])) return best;
  rules_.each_prefix(text, [&](size_t bytes, uint32_t place) {
    if (place <= texts_.size()) best = {bytes, text_at(place)};
  });
  return best;
}

std::optional<Charsmap::Rewrite> Charsmap::shortest(std::string_view text) const {
  std::optional<Rewrite> first;
  if (text.empty() || !begins(text[0])) return first;
  rules_.each_prefix(text, [&](size_t bytes, uint32_t place) {
    if (!first && place <= texts_.size()) first = {bytes, text_at(place)};
  });
  return first;
}

// Of a cluster that a rule begins, the rest is dropped: so were the texts that models were trained with. What a rule leaves out is consumed with the last
// character that was put, which then stands for less of an addition; before the first there is none, and all that follows stands for what came earlier.
void rewrite(AlignedText& text, const Charsmap& map) {
  const std::string& s = text.text();
  if (std::ranges::none_of(s, [&](char c) { return map.begins(c); })) return;
  std::vector<TextChange> to;
  to.reserve(s.size());
  const auto rewrite_part = [&](std::string_view part) {
    const std::optional<Charsmap::Rewrite> rule = map.shortest(part);
    if (!rule) return false;
    int left = static_cast<int>(count_code_points(part));  // characters that nothing stands for yet
    for (size_t at = 0; at < rule->text.size(); --left) to.push_back({next_code_point(rule->text, at), left <= 0});
    if (left > 0 && !to.empty()) to.back().change -= left;
    return true;
  };
  for (size_t begin = 0, end = 0; begin < s.size(); begin = end) {
    int32_t state = 0;
    char32_t last = next_code_point(s, end);
    for (size_t next = end; end < s.size(); end = next) {
      const char32_t c = next_code_point(s, next);
      if (grapheme_break(last, c, state)) break;
      last = c;
    }
    if (end - begin < 6 && rewrite_part(std::string_view(s).substr(begin, end - begin))) continue;
    for (size_t at = begin; at < end;) {
      const size_t from = at;
      const char32_t c = next_code_point(s, at);
      if (!rewrite_part(std::string_view(s).substr(from, at - from))) to.push_back({c, 0});
    }
  }
  text = rewritten(text, to);
}

}  // namespace grim
