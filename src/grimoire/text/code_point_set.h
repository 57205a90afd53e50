// Sets of code points, and those that a regular expression of the reference (Oniguruma) names.
#pragma once

#include <array>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace grim {

class CodePointSet {
 public:
  CodePointSet() = default;
  // Where its runs begin and, one behind their last, end, by turns and rising.
  explicit CodePointSet(std::span<const char32_t> bounds) : bounds_(bounds.begin(), bounds.end()) {}
  static CodePointSet range(char32_t first, char32_t last);  // without the surrogates, which no text has
  static CodePointSet of(std::initializer_list<char32_t> points);

  CodePointSet operator|(const CodePointSet& o) const;
  CodePointSet operator&(const CodePointSet& o) const;
  CodePointSet operator-(const CodePointSet& o) const;
  CodePointSet operator~() const { return range(0, 0x10ffff) - *this; }
  bool empty() const { return bounds_.empty(); }
  std::span<const char32_t> bounds() const { return bounds_; }
  bool operator==(const CodePointSet&) const = default;

 private:
  template <class F> static CodePointSet combined(const CodePointSet& a, const CodePointSet& b, F&& holds);
  std::vector<char32_t> bounds_;
};

inline constexpr std::string_view kCategoryNames[] = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe",
                                                      "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cs", "Cn"};

// The sets of all code points of one category, in the order of the names.
using CategorySets = std::array<CodePointSet, std::size(kCategoryNames)>;
CategorySets sets_by_category(const std::function<size_t(char32_t)>& category_of);

CodePointSet category_set(std::string_view begins);               // "Lu", or of all categories that begin with "L"
std::optional<CodePointSet> posix_set(std::string_view name);     // "punct" of [[:punct:]], which has symbols too
std::optional<CodePointSet> property_set(std::string_view name);  // "Lu", "Han" or "Alpha" of \p{Lu} ...
CodePointSet lone_word_set();  // \w outside a class, and what \b looks for: there superscript digits and fractions of Latin-1 are of words too

}  // namespace grim
