// What people have in hand instead of weights, told apart by its first bytes.
#pragma once

#include <cstdint>
#include <string_view>

namespace grim {

// throws: input, for an empty file, a Git LFS pointer, a web page, an archive, a pickle and the weights of other formats, saying which and
// what to do; returns for anything else. `expected` is the format that was to be read.
void refuse_foreign(std::string_view first_bytes, std::string_view file, std::string_view expected);

}  // namespace grim
