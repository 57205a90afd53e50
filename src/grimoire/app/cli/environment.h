// Environment variables as settings: GRIMOIRE_BATCH_SIZE=64 is --batch-size 64 for every command that has this option.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grimoire/command/command.h"

namespace grim {

// The value that the environment has for an option. throws: usage, one that the option does not take, naming the variable
std::optional<Setting> ambient_setting(const Option& option);
// throws: usage, a GRIMOIRE_ variable that is no command's option, with the nearest that is one
void check_environment(const std::vector<std::unique_ptr<Command>>& commands);

}  // namespace grim
