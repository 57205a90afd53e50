// Where a regular expression, or a plain string, matches. The patterns of the common tokenizers are recognised by their text and scanned by hand,
// with the reference's Unicode classes; any other is translated (oniguruma.h) and runs in PCRE2 within limits.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "grimoire/base/json.h"
#include "grimoire/base/utf8.h"

namespace grim {

struct Match {
  size_t begin, end;
};

class Pattern {
 public:
  virtual ~Pattern() = default;
  // The first match that begins at `from` <= text.size() or later; it may be of nothing. throws: input, the expression ran into its limits on this text
  virtual std::optional<Match> find(std::string_view text, size_t from) const = 0;
  virtual bool may_match_nothing() const { return false; }
};

// f(match) from left to right, as the reference goes: one of nothing counts too, but for one right behind another match.
template <class F> void each_match(const Pattern& pattern, std::string_view text, F&& f) {
  for (size_t from = 0, last = text.empty() ? 0 : SIZE_MAX; from < text.size() || from != last;) {
    const std::optional<Match> m = pattern.find(text, from);
    if (!m) return;
    if (m->begin == m->end && m->end == last) {
      next_code_point(text, from);
      continue;
    }
    f(*m);
    from = last = m->end;
  }
}

// Ends the word that begins at `at`, for patterns that leave nothing out: at < end(text, at) <= text.size().
using WordScanner = size_t (*)(std::string_view text, size_t at);
WordScanner scanner_for(std::string_view expression);  // null: not a known one

std::unique_ptr<Pattern> regex_pattern(const std::string& expression);  // throws: input, malformed or not understood
std::unique_ptr<Pattern> literal_pattern(std::string literal);
std::unique_ptr<Pattern> pattern_in(const Json& json);  // {"String": ...} or {"Regex": ...}

namespace patterns {
extern const std::string_view kGpt2, kCl100k, kQwen2, kO200k, kDeepseekDigits, kDeepseekCjk, kDeepseek;
extern const std::string_view kCl100kOfTiktoken;  // white space at the end is one word
}

}  // namespace grim
