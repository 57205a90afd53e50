#include "grimoire/learn/answer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "grimoire/base/str.h"
#include "grimoire/learn/deck.h"

namespace grim::learn {
namespace {

std::string plain(std::string_view text) {
  std::string bare(text);
  for (const auto& [from, to] : {std::pair("\u2019", "'"), std::pair("\u201C", ""), std::pair("\u201D", "")})
    for (size_t at; (at = bare.find(from)) != std::string::npos;) bare.replace(at, std::string_view(from).size(), to);
  std::erase_if(bare, [](char c) { return c == '*' || c == '`' || c == '\\' || c == '"'; });
  std::string folded = folded_text(bare);
  while (!folded.empty() && (folded.back() == '.' || folded.back() == '!' || folded.back() == ' ')) folded.pop_back();
  for (const char* article : {"the ", "a ", "an "})
    if (folded.starts_with(article)) {
      folded.erase(0, std::string_view(article).size());
      break;
    }
  return folded;
}

std::vector<std::string> items(std::string text) {
  for (size_t at; (at = text.find(" and ")) != std::string::npos;) text[at] = ',', text.erase(at + 1, 4);
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find_first_of(",;", begin), text.size());
    if (const std::string item = plain(text.substr(begin, end - begin)); !item.empty()) parts.push_back(item);
    begin = end + 1;
  }
  std::ranges::sort(parts);
  return parts;
}

bool number(const std::string& text, double& value) {
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Judged judge(std::string_view typed, std::string_view answer) {
  const std::string got = plain(typed), want = plain(answer);
  if (got.empty()) return {Grade::again, ""};
  if (got == want) return {Grade::good, "right"};
  double x, y;
  if (number(got, x) && number(want, y)) {
    const double off = std::abs(x - y), near = std::max(std::abs(y), 1e-12);
    if (off <= 0.01 * near) return {Grade::good, "right"};
    return off <= 0.1 * near ? Judged{Grade::hard, "near"} : Judged{Grade::again, "no"};
  }
  if (const auto a = items(got), b = items(want); a == b) return {Grade::good, "right"};
  const size_t most = want.size() < 4 ? 0 : std::max<size_t>(1, want.size() / 8);  // of a short word every letter counts
  if (std::max(got.size(), want.size()) - std::min(got.size(), want.size()) > most || want.size() > 2000) return {Grade::again, "no"};
  const size_t off = edit_distance(got, want);
  if (off <= most) return {Grade::hard, off == 1 ? "almost: one letter off" : str("almost: {} letters off", off)};
  return {Grade::again, "no"};
}

}  // namespace grim::learn
