#include "grimoire/device/memory_trace.h"

#include <algorithm>
#include <array>

#include "grimoire/device/size_class.h"

namespace grim::device {

// Blocks are never split or joined: a class takes as many as ever lived at once.
double MemoryTrace::bytes(size_t count) const {
  constexpr double kLargest = 0x1p50;
  std::array<int64_t, kClasses> live{}, most{};
  double bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    const bool begins = events[i] >= 0;
    const double size = sizes[static_cast<size_t>(begins ? events[i] : ~events[i])];
    const auto c = static_cast<size_t>(class_of(static_cast<size_t>(std::min(size, kLargest))));
    live[c] += begins ? 1 : -1;
    if (live[c] <= most[c]) continue;
    most[c] = live[c];
    bytes += size < kLargest ? static_cast<double>(footprint(static_cast<int>(c))) : size;
  }
  return bytes;
}

}  // namespace grim::device
