#include "grimoire/learn/cloze.h"

#include <algorithm>
#include <cctype>

#include "grimoire/base/str.h"

namespace grim::learn {

std::vector<Hidden> hidden_parts(std::string_view question) {
  std::vector<Hidden> parts;
  for (size_t at = 0; (at = question.find("{{c", at)) != question.npos; ++at) {
    const size_t end = question.find("}}", at), colon = question.find("::", at);
    if (end == question.npos || colon == question.npos || colon > end) continue;
    const std::string_view digits = question.substr(at + 3, colon - at - 3), inside = question.substr(colon + 2, end - colon - 2);
    if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != digits.npos || inside.find("{{c") != inside.npos) continue;
    const size_t hint = inside.find("::");
    const std::string_view text = inside.substr(0, hint);
    if (trimmed(text).empty()) continue;
    parts.push_back({at, end + 2, std::stoi(std::string(digits)), std::string(text), hint == inside.npos ? "" : std::string(inside.substr(hint + 2))});
    at = end + 1;
  }
  return parts;
}

std::vector<std::string> faulty_parts(std::string_view question) {
  const std::vector<Hidden> parts = hidden_parts(question);
  std::vector<std::string> faults;
  for (size_t at = 0; (at = question.find("{{c", at)) != question.npos; ++at) {
    const bool begins = at + 3 < question.size() && std::isdigit(static_cast<unsigned char>(question[at + 3]));
    if (!begins || std::ranges::any_of(parts, [&](const Hidden& h) { return h.begin == at; })) continue;
    const size_t end = question.find("}}", at), next = question.find("{{c", at + 3);
    const bool closed = end < next;  // npos is the largest
    const std::string_view shown = question.substr(at, std::min<size_t>((closed ? end + 2 : next) - at, 40));
    const char* const what = closed ? "hides nothing" : "is not closed before another one or the line's end";
    faults.push_back(str("'{}' {}, and is shown as it stands; write {{{{c1::what to hide}}}}.", trimmed(shown), what));
  }
  return faults;
}

}  // namespace grim::learn
