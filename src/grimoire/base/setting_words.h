// How the library names a setting of its caller in an error or a note: GRIM_SETTING("scale=standard") reads `scale=standard`. A word joiner
// (U+2060, no width) on either side tells it from backquotes in what a user wrote: a file name, a column, a cell.
#pragma once

#include <string_view>

// `words` is a literal, NAME or NAME=VALUE; in a format string it may hold places to fill.
#define GRIM_SETTING(words) "\u2060`" words "`\u2060"

namespace grim {

inline constexpr std::string_view kSettingOpens = "\u2060`", kSettingCloses = "`\u2060";

}  // namespace grim
