// The substrings that a text repeats.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace grim {

struct Repeat {
  uint32_t begin, length;  // one place where it stands
  int64_t count;           // places, which may overlap
};

// Of rows of symbols, each with a 0 behind it: every substring of 2 to `longest` symbols of a row that stands in two places or more and is not
// always followed by the same symbol (the 0 is one). They are the inner nodes of the text's suffix tree, found by sorting its suffixes by as many
// symbols as matter. Time n log n a symbol of depth, memory 8 bytes a symbol. throws: resource, 2^32 symbols or more
std::vector<Repeat> repeats_in(std::span<const char32_t> rows, uint32_t longest);

}  // namespace grim
