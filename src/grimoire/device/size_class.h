// How the memory pool rounds what it is asked for, and which free blocks serve.
#pragma once

#include <bit>
#include <cstddef>

namespace grim::device {

inline constexpr size_t kHugePage = size_t{2} << 20;  // the pool grows by whole ones
inline constexpr int kClasses = 4 * 48;

// Class c holds blocks of (4 + c % 4) << (c / 4 + 4) bytes: 64, 80, 96, 112, 128, 160, ...
constexpr int class_of(size_t bytes) {
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

// Where batches differ in size from step to step, so does every block: large ones then share what is free in the next classes, of at most 1.6 times
// their bytes, so that the pool does not end up with each size that ever was. Small ones take their own class alone, which costs nothing to look up.
inline constexpr int kFirstShared = class_of(size_t{1} << 20), kShared = 2;

// The class whose free block a request of class c shall have, the smallest there is; kClasses: a new one must be made.
template <class HasFree> int serving_class(int c, HasFree&& has_free) {
  if (has_free(c)) return c;
  if (c < kFirstShared) return kClasses;
  for (int larger = c + 1; larger <= c + kShared && larger < kClasses; ++larger)
    if (has_free(larger)) return larger;
  return kClasses;
}

}  // namespace grim::device
