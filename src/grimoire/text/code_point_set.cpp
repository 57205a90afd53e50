#include "grimoire/text/code_point_set.h"

#include <algorithm>
#include <string>

#include "grimoire/text/unicode.h"

namespace grim {
namespace {

#include "grimoire/text/oniguruma_tables.inc"

CodePointSet alphabetic() { return category_set("L") | category_set("Nl") | CodePointSet(kAlphabetic); }

}  // namespace

// Both walked from bound to bound; behind an odd number of its bounds one is in a set.
template <class F> CodePointSet CodePointSet::combined(const CodePointSet& a, const CodePointSet& b, F&& holds) {
  CodePointSet out;
  for (size_t i = 0, j = 0; i < a.bounds_.size() || j < b.bounds_.size();) {
    const char32_t at = std::min(i < a.bounds_.size() ? a.bounds_[i] : U'\xffffffff', j < b.bounds_.size() ? b.bounds_[j] : U'\xffffffff');
    i += i < a.bounds_.size() && a.bounds_[i] == at;
    j += j < b.bounds_.size() && b.bounds_[j] == at;
    if (holds(i % 2 == 1, j % 2 == 1) != (out.bounds_.size() % 2 == 1)) out.bounds_.push_back(at);
  }
  return out;
}

CodePointSet CodePointSet::operator|(const CodePointSet& o) const {
  return combined(*this, o, [](bool a, bool b) { return a || b; });
}
CodePointSet CodePointSet::operator&(const CodePointSet& o) const {
  return combined(*this, o, [](bool a, bool b) { return a && b; });
}
CodePointSet CodePointSet::operator-(const CodePointSet& o) const {
  return combined(*this, o, [](bool a, bool b) { return a && !b; });
}

CodePointSet CodePointSet::range(char32_t first, char32_t last) {
  return CodePointSet(std::array<char32_t, 2>{first, last + 1}) - CodePointSet(std::array<char32_t, 2>{0xd800, 0xe000});
}
CodePointSet CodePointSet::of(std::initializer_list<char32_t> points) {
  CodePointSet set;
  for (const char32_t c : points) set = set | range(c, c);
  return set;
}

CategorySets sets_by_category(const std::function<size_t(char32_t)>& category_of) {
  std::array<std::vector<char32_t>, std::size(kCategoryNames)> bounds;
  size_t last = category_of(0);
  bounds[last].push_back(0);
  for (char32_t c = 1; c < 0x110000; ++c) {
    const size_t now = category_of(c);
    if (now == last) continue;
    bounds[last].push_back(c);
    bounds[now].push_back(c);
    last = now;
  }
  bounds[last].push_back(0x110000);
  CategorySets sets;
  std::ranges::transform(bounds, sets.begin(), [](const auto& b) { return CodePointSet(b); });
  return sets;
}

CodePointSet category_set(std::string_view begins) {
  static const CategorySets sets = sets_by_category([](char32_t c) { return static_cast<size_t>(class_of(c).category()); });
  CodePointSet set;
  for (size_t i = 0; i < sets.size(); ++i)
    if (kCategoryNames[i].starts_with(begins) && kCategoryNames[i] != "Cs") set = set | sets[i];
  return set;
}

std::optional<CodePointSet> posix_set(std::string_view name) {
  if (name == "alpha") return alphabetic();
  if (name == "alnum") return alphabetic() | category_set("Nd");
  if (name == "word") return alphabetic() | category_set("M") | category_set("Nd") | category_set("Pc");
  if (name == "upper") return category_set("Lu") | CodePointSet(kUppercase);
  if (name == "lower") return category_set("Ll") | CodePointSet(kLowercase);
  if (name == "digit") return category_set("Nd");
  if (name == "space") return category_set("Z") | CodePointSet::range('\t', '\r') | CodePointSet::of({0x85});
  if (name == "blank") return category_set("Zs") | CodePointSet::of({'\t'});
  if (name == "punct") return category_set("P") | category_set("S");
  if (name == "cntrl") return category_set("Cc");
  if (name == "ascii") return CodePointSet::range(0, 0x7f);
  if (name == "xdigit") return CodePointSet::range('0', '9') | CodePointSet::range('A', 'F') | CodePointSet::range('a', 'f');
  return std::nullopt;
}

std::optional<CodePointSet> property_set(std::string_view name) {
  if (name == "Punct") return category_set("P");
  for (const auto& [script, bounds] : kScripts)
    if (name == script) return CodePointSet(bounds);
  for (const std::string_view posix : {"Alpha", "Alnum", "Upper", "Lower", "Digit", "Space"})
    if (name == posix) return posix_set(std::string(1, static_cast<char>(name[0] | 32)).append(name.substr(1)));
  const CodePointSet category = name.empty() ? CodePointSet() : category_set(name);
  return category.empty() ? std::nullopt : std::optional(category);
}

CodePointSet lone_word_set() { return *posix_set("word") | CodePointSet::of({0xb2, 0xb3, 0xb9, 0xbc, 0xbd, 0xbe}); }

}  // namespace grim
