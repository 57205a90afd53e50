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

}  // namespace grim
