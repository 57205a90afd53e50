#include "grimoire/command/flag_words.h"

#include <set>

#include "grimoire/command/command.h"

namespace grim {
namespace {

const std::set<std::string, std::less<>>& known_flags() {
  static const auto known = [] {
    std::set<std::string, std::less<>> names;
    for (const auto& command : all_commands())
      for (const Option& o : every_option(*command)) names.insert(o.name);
    return names;
  }();
  return known;
}

std::string quoted_for_shell(std::string_view value) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/%@";
  if (!value.empty() && value.find_first_not_of(kPlain) == value.npos) return std::string(value);
  std::string quoted = "'";
  for (char c : value) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string with_flags(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t open = std::min(text.find('`', at), text.size()), close = text.find('`', open + 1);
    out += text.substr(at, open - at);
    if (open == text.size() || close == text.npos) return out.append(text.substr(open));
    const std::string_view setting = text.substr(open + 1, close - open - 1), name = setting.substr(0, setting.find('='));
    if (!known_flags().contains(name)) {  // not ours: the second mark may open another
      out += text.substr(open, close - open);
      at = close;
      continue;
    }
    out.append("--").append(name);
    if (name.size() < setting.size()) out += " " + quoted_for_shell(setting.substr(name.size() + 1));
    at = close + 1;
  }
  return out;
}

std::vector<std::string> with_flags(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) out.push_back(with_flags(text));
  return out;
}

}  // namespace grim
