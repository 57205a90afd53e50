// Python's str: what its methods, str(), repr() and json.dumps give.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/text/jinja/value.h"

namespace grim::jinja {

constexpr size_t kMostWritten = 8 << 20;  // bytes that one text may grow to by escapes

bool python_space(char32_t c);  // str.isspace
std::string_view stripped(std::string_view text, std::optional<std::string_view> characters, bool left, bool right);

// str.split and str.rsplit: at white space without a separator; `most` splits, all when negative. throws: Fault, empty separator
std::vector<std::string> split_text(std::string_view text, std::optional<std::string_view> separator, int64_t most, bool from_right);
std::vector<std::string> split_lines(std::string_view text, bool keep_ends = false);
std::string replaced(std::string_view text, std::string_view old, std::string_view by, int64_t most);

std::string lower_text(std::string_view text);
std::string upper_text(std::string_view text);
std::string capitalize_text(std::string_view text);
std::string title_text(std::string_view text);        // str.title
std::string title_words(std::string_view text);       // the filter `title`: words begin behind white space, hyphens and opening brackets
bool all_cased(std::string_view text, bool upper);    // str.isupper, str.islower
std::string escape_html(std::string_view text);        // throws: Fault(resource), beyond kMostWritten; so do the two below

void need_few(const std::string& written);

std::string repr_real(double v);
std::string repr_text(std::string_view text);
// throws: Fault, of what prints an address in Python, and of too much text
std::string repr(Meter& meter, const Value& v);
std::string to_text(Meter& meter, const Value& v);  // str()

struct JsonStyle {
  bool ensure_ascii = false, sort_keys = false;
  std::optional<std::string> indent;  // one level of it
  std::string between_items = ", ", behind_key = ": ";
};
std::string to_json(Meter& meter, const Value& v, const JsonStyle& style);  // json.dumps; throws: Fault, no JSON

}  // namespace grim::jinja
