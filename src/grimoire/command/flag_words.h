// The library names a setting of its caller in marks of its own (base/setting_words.h). On a command line that is a flag.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grimoire/command/command.h"

namespace grim {

// "use GRIM_SETTING("scale=standard")" -> "use --scale standard", where that is among `flags`, those of the command that runs; behind "grimoire
// VERB" that verb's. A setting that is no flag there stays as `scale=standard`; what users wrote stays as it is.
std::string with_flags(std::string_view text, const Options& flags);
std::vector<std::string> with_flags(const std::vector<std::string>& texts, const Options& flags);

}  // namespace grim
