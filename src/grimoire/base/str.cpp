#include "grimoire/base/str.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/args.h>

#include "grimoire/base/shape.h"

namespace grim {

std::string format_args(std::string_view format, std::initializer_list<StrArg> args) {
  fmt::dynamic_format_arg_store<fmt::format_context> store;
  for (const StrArg& a : args) {
    switch (a.kind) {
      case StrArg::Kind::signed_int: store.push_back(a.i); break;
      case StrArg::Kind::unsigned_int: store.push_back(a.u); break;
      case StrArg::Kind::real: store.push_back(std::isnan(a.d) ? std::abs(a.d) : a.d); break;  // the sign of a NaN means nothing
      case StrArg::Kind::boolean: store.push_back(a.b); break;
      case StrArg::Kind::text: store.push_back(std::string(a.text)); break;
      case StrArg::Kind::shape: store.push_back(a.shape->to_string()); break;
    }
  }
  return fmt::vformat(format, store);
}

std::string wrapped(std::string_view text, size_t width) {
  std::string out;
  size_t column = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (column > 0 && column + 1 + end > width) out += '\n', column = 0;
    if (column > 0) out += ' ', ++column;
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string joined(std::span<const std::string> words, std::string_view separator) {
  std::string all;
  for (size_t i = 0; i < words.size(); ++i) all.append(i ? separator : "").append(words[i]);
  return all;
}

std::string first_few(std::span<const std::string> words, size_t most) {
  const std::string first = joined(words.first(std::min(words.size(), most)));
  return words.size() > most ? str("{} and {} more", first, words.size() - most) : first;
}

std::string with_commas(int64_t n) {
  std::string digits = std::to_string(n);
  const size_t first = n < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::vector<std::string_view> lines_in(std::string_view text) {
  std::vector<std::string_view> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

std::string nearest(std::string_view word, const std::string* known, size_t count) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (size_t i = 0; i < count; ++i) {
    const size_t d = edit_distance(word, known[i]);
    if (d < best_distance && d < std::max(word.size(), known[i].size())) {  // something of it is left
      best_distance = d;
      best = known[i];
    }
  }
  if (best_distance <= 1 || word.size() < 2) return best;
  const auto begun = [&](const std::string& k) { return k.starts_with(word); };
  return std::count_if(known, known + count, begun) == 1 ? *std::find_if(known, known + count, begun) : best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known, std::string otherwise) {
  const std::string near = nearest(word, known.data(), known.size());
  return near.empty() ? otherwise : str("did you mean '{}'?", near);
}

}  // namespace grim
