#pragma once

#include <cstdint>

namespace grim {

// Names the random numbers of one dropout: the same key gives the same mask.
struct DropoutKey {
  uint64_t seed = 0;
  uint32_t stream = 0, step = 0;
};

}  // namespace grim
