#include "grimoire/report/escape.h"

#include <utility>

#include "grimoire/base/utf8.h"

namespace grim {

std::string escape_html(std::string_view text) {
  std::string out;
  for (char c : well_formed(text)) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

NamedEntity named_entity(std::string_view html) {
  constexpr std::pair<std::string_view, std::string_view> kNamed[] = {{"&amp;", "&"},   {"&lt;", "<"},   {"&gt;", ">"}, {"&quot;", "\""},
                                                                      {"&apos;", "'"}, {"&#39;", "'"}, {"&nbsp;", " "}};
  for (const auto& [name, text] : kNamed)
    if (html.starts_with(name)) return {text, name.size()};
  return {};
}

}  // namespace grim
