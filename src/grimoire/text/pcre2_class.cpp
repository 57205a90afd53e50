#include "grimoire/text/pcre2_class.h"

#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

std::string every_character() {
  std::string text;
  for (char32_t c = 0; c < 0x110000; ++c)
    if (c < 0xd800 || c >= 0xe000) append_utf8(text, c);
  return text;
}

// What PCRE2 holds of every code point, by a match for every run of one category; which group matched says of which one.
CategorySets asked_of_pcre2() {
  std::string expression;
  for (const std::string_view name : kCategoryNames) expression += str("{}(\\p{{{}}}+)", expression.empty() ? "" : "|", name);
  int problem = 0;
  PCRE2_SIZE place = 0;
  const std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(), PCRE2_UTF, &problem, &place, nullptr), pcre2_code_free);
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(pcre2_match_data_create(std::size(kCategoryNames) + 1, nullptr),
                                                                                 pcre2_match_data_free);
  GRIM_CHECK(code && data, resource, "tokenizer", "PCRE2 tells no categories: error {}", problem);
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
  const std::string text = every_character();
  std::vector<uint8_t> category_of(0x110000, static_cast<uint8_t>(Category::Cs));
  for (size_t at = 0; at < text.size();) {
    const int groups = pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at, PCRE2_NO_UTF_CHECK, data.get(), nullptr);
    GRIM_CHECK(groups > 1, resource, "tokenizer", "PCRE2 tells no categories: error {}", groups);
    for (const size_t end = pcre2_get_ovector_pointer(data.get())[1]; at < end;) category_of[next_code_point(text, at)] = static_cast<uint8_t>(groups - 2);
  }
  return sets_by_category([&](char32_t c) { return category_of[c]; });
}

std::string members(CodePointSet set) {
  static const CategorySets categories = asked_of_pcre2();
  std::string text;
  for (size_t i = 0; i < categories.size(); ++i) {
    if (kCategoryNames[i] == "Cs" || categories[i].empty() || !(categories[i] - set).empty()) continue;
    text += str("\\p{{{}}}", kCategoryNames[i]);
    set = set - categories[i];
  }
  const std::span<const char32_t> bounds = set.bounds();
  for (size_t i = 0; i < bounds.size(); i += 2) {
    const auto first = static_cast<uint32_t>(bounds[i]), last = static_cast<uint32_t>(bounds[i + 1] - 1);
    text += first == last ? str("\\x{{{:x}}}", first) : str("\\x{{{:x}}}-\\x{{{:x}}}", first, last);
  }
  return text;
}

}  // namespace

std::string pcre2_class(const CodePointSet& set) {
  const std::string in = members(set), out = members(~set);
  if (out.empty()) return "[\\s\\S]";
  return in.size() <= out.size() ? "[" + in + "]" : "[^" + out + "]";
}

}  // namespace grim
