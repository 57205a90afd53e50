// The library names a setting of its caller as `name=value`, or `name` (base/error.h). On a command line that is a flag.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace grim {

// "use `scale=standard`" -> "use --scale standard". Words between backquotes that no command has as an option stay as they are.
std::string with_flags(std::string_view text);
std::vector<std::string> with_flags(const std::vector<std::string>& texts);

}  // namespace grim
