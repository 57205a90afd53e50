// argv against a Command's declared parameters, and the help text made from them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grimoire/command/command.h"

namespace grim {

enum class HelpDepth { basic, all };

struct Parsed {
  Settings settings;  // from the environment (GRIMOIRE_BATCH_SIZE), then from the flags
  std::optional<HelpDepth> help;
  bool json = false;
};

// --name value, --name=value, --switch, --no-switch, positionals in order. throws: usage, with the nearest known name.
Parsed parse_words(Command& command, const std::vector<std::string>& words);
bool asks_for_json(const std::vector<std::string>& words);  // before they are understood
Command& command_named(const std::vector<std::unique_ptr<Command>>& commands, const std::string& name);

std::string help_of(Command& command, HelpDepth depth);
std::string help_of_all(const std::vector<std::unique_ptr<Command>>& commands);

}  // namespace grim
