// Whether settings fit a command, and each other: nothing is accepted and then not looked at.
#pragma once

#include <string>

#include "grimoire/command/command.h"

namespace grim {

// throws: usage, a setting that this form does not take, is given twice, or is of no use beside the others; an option that needs to be given
void check_settings(Command& command, const Options& options, const Settings& settings);
void refuse_twice(Command& command, const Options& options, const Settings& settings);  // a part of it

// Option::with. "data": it is given, or is a switch that is on; "method=exact|asymptotic": it has one of these values, given or by itself.
bool holds(const std::string& condition, const Options& options, const Settings& settings);
// One of Option::without. Likewise, but typed: what stands in the environment, or goes without saying, stands against nothing.
bool stands_against(const std::string& condition, const Options& options, const Settings& settings);

// For those who refuse words. "grimoire stats anova: PROBLEM"
[[noreturn]] void refuse(Command& command, const std::string& problem, const std::string& hint);
std::string see_help(Command& command);
std::string taken_by(Command& command, const Options& options);  // "it takes --x, --group"; of many, those that not every form takes
std::string forms_with(Command& command, const std::string& option);  // that take it: "train --model gpt, train --model mlp and 2 more"; "" none
std::string in_words(const std::string& condition);  // of Option::with: "method=exact or normal"
std::string as_typed(const std::string& condition);  // likewise, on a command line: "--method exact or normal"

}  // namespace grim
