// A set of code points as a class of PCRE2's.
#pragma once

#include <string>

#include "grimoire/text/code_point_set.h"

namespace grim {

// "[\p{Lu}\x{30}-\x{39}]": by general categories where PCRE2's own, whatever its version of Unicode is, are subsets, since a category is found in one
// step; the rest by ranges. `set` is not empty.
std::string pcre2_class(const CodePointSet& set);

}  // namespace grim
