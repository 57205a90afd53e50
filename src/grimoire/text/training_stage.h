// How far the training of a vocabulary has come, for who waits.
#pragma once

#include <cstdint>
#include <functional>

namespace grim {

struct TrainingStage {
  const char* what;        // "merges"
  int64_t done, of;        // of: 0, not known
};
using TrainingWatch = std::function<void(const TrainingStage&)>;  // may be empty

}  // namespace grim
