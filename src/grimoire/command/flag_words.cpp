#include "grimoire/command/flag_words.h"

#include <set>

#include "grimoire/base/setting_words.h"

namespace grim {
namespace {

std::set<std::string, std::less<>> names_of(const Options& options) {
  std::set<std::string, std::less<>> names;
  for (const Option& o : options) names.insert(o.name);
  return names;
}

// Of "grimoire VERB ..." that a text ends in; else those of `running`.
std::set<std::string, std::less<>> flags_behind(std::string_view text, const Options& running) {
  constexpr std::string_view kProgram = "grimoire ";
  for (size_t at = text.rfind(kProgram); at != text.npos; at = at == 0 ? text.npos : text.rfind(kProgram, at - 1)) {
    const std::string_view line = text.substr(at + kProgram.size()), verb = line.substr(0, line.find(' '));  // none behind a folder of that name
    for (const auto& command : all_commands())
      if (command->name() == verb) return names_of(every_option(*command));
  }
  return names_of(running);
}

std::string quoted_for_shell(std::string_view value) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/%@";
  if (!value.empty() && value.find_first_not_of(kPlain) == value.npos) return std::string(value);
  std::string quoted = "'";
  for (char c : value) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string with_flags(std::string_view text, const Options& flags) {
  std::string out;
  while (true) {
    const size_t open = text.find(kSettingOpens), close = open == text.npos ? open : text.find(kSettingCloses, open + kSettingOpens.size());
    if (close == text.npos) return out.append(text);
    out += text.substr(0, open);
    const std::string_view setting = text.substr(open + kSettingOpens.size(), close - open - kSettingOpens.size()), name = setting.substr(0, setting.find('='));
    if (!flags_behind(out, flags).contains(name)) out.append("`").append(setting).append("`");
    else if (name == setting) out.append("--").append(name);
    else out.append("--").append(name).append(" ").append(quoted_for_shell(setting.substr(name.size() + 1)));
    text.remove_prefix(close + kSettingCloses.size());
  }
}

std::vector<std::string> with_flags(const std::vector<std::string>& texts, const Options& flags) {
  std::vector<std::string> out;
  for (const std::string& text : texts) out.push_back(with_flags(text, flags));
  return out;
}

}  // namespace grim
