#include "grimoire/app/cli/environment.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include <unistd.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {

constexpr std::string_view kPrefix = "GRIMOIRE_";
// No command's settings: what the project's own tests and scripts listen to, and which instructions all that computes may use.
constexpr std::array<std::string_view, 6> kNoSettings = {"GRIMOIRE_TEST_DATA", "GRIMOIRE_TEST_FOLDER", "GRIMOIRE_SIGNAL_MOMENTS", "GRIMOIRE_WRITE_GOLDEN",
                                                         "GRIMOIRE_ISA", "GRIMOIRE_WEIGHTS"};

// Behind the prefix: "BATCH_SIZE".
std::string word_of(const Option& option) {
  std::string word = option.key();
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
  return word;
}

std::vector<std::string> words_set() {
  std::vector<std::string> words;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view line = *entry, name = line.substr(0, line.find('='));
    if (name.starts_with(kPrefix) && std::ranges::find(kNoSettings, name) == kNoSettings.end()) words.emplace_back(name.substr(kPrefix.size()));
  }
  return words;
}

}  // namespace

std::optional<Setting> ambient_setting(const Option& option) {
  const std::string variable = std::string(kPrefix) + word_of(option);
  const char* const value = std::getenv(variable.c_str());
  if (!value) return std::nullopt;
  option.check(value, variable);
  return Setting{option.name, value, true};
}

void check_environment(const std::vector<std::unique_ptr<Command>>& commands) {
  const std::vector<std::string> given = words_set();
  if (given.empty()) return;
  std::vector<std::string> known;
  for (const auto& c : commands)
    for (const Option& o : every_option(*c)) known.push_back(word_of(o));
  for (const std::string& word : given) {
    if (std::ranges::find(known, word) != known.end()) continue;
    const std::string near = nearest(word, known.data(), known.size());
    throw Error(ErrorKind::usage, str("environment: {}{} is no setting of any command", kPrefix, word),
                near.empty() ? "settings are named after options, as GRIMOIRE_BATCH_SIZE after --batch-size; unset it"
                             : str("did you mean {}{}?", kPrefix, near));
  }
}

}  // namespace grim
