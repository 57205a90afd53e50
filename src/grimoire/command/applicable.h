// Whether settings fit a command, and each other: nothing is accepted and then not looked at.
#pragma once

#include <string>

#include "grimoire/command/command.h"

namespace grim {

// throws: usage, a setting that this form does not take, is given twice, or is of no use beside the others; an option that needs to be given
void check_settings(Command& command, const Options& options, const Settings& settings);
void refuse_twice(Command& command, const Options& options, const Settings& settings);  // a part of it

// For those who refuse words. "grimoire stats anova: PROBLEM"
[[noreturn]] void refuse(Command& command, const std::string& problem, const std::string& hint);
std::string see_help(Command& command);
std::string taken_by(Command& command, const Options& options);  // "it takes --x, --group"; of many, those that not every form takes
std::string as_typed(const std::string& condition);  // of Option::with: "method=exact|normal" is typed --method exact or normal

}  // namespace grim
