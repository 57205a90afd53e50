// The help text, made from what commands declare.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/command/command.h"

namespace grim {

enum class HelpDepth { basic, all };

std::string help_of(Command& command, HelpDepth depth);  // of the form that was taken
std::string help_of_all(const std::vector<std::unique_ptr<Command>>& commands);
// "stats anova", "train --model gpt": a command with its form, as one types them.
std::string title_of(Command& command);
std::string as_typed(std::string condition);  // of Option::with: "method=exact" is typed --method exact

}  // namespace grim
