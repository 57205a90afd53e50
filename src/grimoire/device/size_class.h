// How the memory pool rounds what it is asked for.
#pragma once

#include <bit>
#include <cstddef>

namespace grim::device {

inline constexpr size_t kHugePage = size_t{2} << 20;  // the pool grows by whole ones
inline constexpr int kClasses = 4 * 48;

// Class c holds blocks of (4 + c % 4) << (c / 4 + 4) bytes: 64, 80, 96, 112, 128, 160, ...
inline int class_of(size_t bytes) {
  if (bytes <= 64) return 0;
  const int octave = std::bit_width(bytes - 1) - 1;
  return 4 * (octave - 6) + static_cast<int>(((bytes - 1) >> (octave - 2)) & 3) + 1;
}
inline size_t class_bytes(int c) { return static_cast<size_t>(4 + c % 4) << (c / 4 + 4); }

// Three extra cache lines keep blocks of one power of two from falling into the same cache sets.
inline size_t footprint(int c) {
  const size_t bytes = (class_bytes(c) + 63) & ~size_t{63};
  return bytes >= 4096 ? bytes + 192 : bytes;
}

}  // namespace grim::device
