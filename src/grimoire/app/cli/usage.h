// argv against a Command's declared parameters.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grimoire/app/cli/help.h"
#include "grimoire/command/command.h"

namespace grim {

struct Parsed {
  Settings settings;  // from the environment (GRIMOIRE_BATCH_SIZE), then from the flags
  std::optional<HelpDepth> help;
  bool json = false;
};

// --name value, --name=value, --switch, --no-switch, positionals in order. The command takes the form that the words name. throws: usage: a
// word that is unknown, with the nearest known one; an option that is given twice, that this form does not take, or that is of no use
// beside the others; one that is missing.
Parsed parse_words(Command& command, const std::vector<std::string>& words);
bool asks_for_json(const std::vector<std::string>& words);  // before they are understood
Command& command_named(const std::vector<std::unique_ptr<Command>>& commands, const std::string& name);

}  // namespace grim
