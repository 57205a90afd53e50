// Where a regular expression, or a plain string, matches. The patterns of the common tokenizers are recognised by their text and scanned by hand,
// with the reference's Unicode classes; any other runs in PCRE2 within limits.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "grimoire/base/json.h"

namespace grim {

struct Match {
  size_t begin, end;
};

class Pattern {
 public:
  virtual ~Pattern() = default;
  // The first match that begins at `from` or later. throws: input, the expression ran into its limits on this text
  virtual std::optional<Match> find(std::string_view text, size_t from) const = 0;
};

// Ends the word that begins at `at`, for patterns that leave nothing out: at < end(text, at) <= text.size().
using WordScanner = size_t (*)(std::string_view text, size_t at);
WordScanner scanner_for(std::string_view expression);  // null: not a known one

std::unique_ptr<Pattern> regex_pattern(const std::string& expression);  // throws: input, malformed
std::unique_ptr<Pattern> literal_pattern(std::string literal);
std::unique_ptr<Pattern> pattern_in(const Json& json);  // {"String": ...} or {"Regex": ...}

namespace patterns {
extern const std::string_view kGpt2, kCl100k, kQwen2, kO200k, kDeepseekDigits, kDeepseekCjk, kDeepseek;
extern const std::string_view kCl100kOfTiktoken;  // white space at the end is one word
}

}  // namespace grim
