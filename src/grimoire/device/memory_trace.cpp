#include "grimoire/device/memory_trace.h"

#include <algorithm>
#include <array>

#include "grimoire/device/size_class.h"

namespace grim::device {

// Blocks are never split or joined: a class takes as many as ever lived at once, less those that larger ones served.
double MemoryTrace::bytes(size_t count) const {
  constexpr double kLargest = 0x1p50;
  std::array<int64_t, kClasses> free{};
  std::vector<int> given(sizes.size());  // the class that each block was taken from
  double bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    if (events[i] < 0) {
      ++free[static_cast<size_t>(given[static_cast<size_t>(~events[i])])];
      continue;
    }
    const auto k = static_cast<size_t>(events[i]);
    const int c = class_of(static_cast<size_t>(std::min(sizes[k], kLargest)));
    given[k] = serving_class(c, [&](int other) { return free[static_cast<size_t>(other)] > 0; });
    if (given[k] < kClasses) {
      --free[static_cast<size_t>(given[k])];
      continue;
    }
    given[k] = c;
    bytes += sizes[k] < kLargest ? static_cast<double>(footprint(c)) : sizes[k];
  }
  return bytes;
}

}  // namespace grim::device
