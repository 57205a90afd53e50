// Translation edit rate of one line: the fewest insertions, deletions, replacements and shifts of whole runs that turn a hypothesis into a reference, as far
// as a greedy search finds them.
//   Snover, Dorr, Schwartz, Micciulla and Makhoul 2006, "A Study of Translation Edit Rate with Targeted Human Annotation", section 2
// Which shifts are tried, in which order and how many is Tercom's, as sacreBLEU replays it.
#pragma once

#include <cstdint>
#include <span>

namespace grim {

int64_t translation_edits(std::span<const uint32_t> hypothesis, std::span<const uint32_t> reference);  // words as numbers

}  // namespace grim
