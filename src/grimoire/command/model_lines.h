// The line between two models, and one brought into the order of the other: `model barrier` and `model align`.
#pragma once

#include <cstdint>
#include <string>

#include "grimoire/adapt/align.h"
#include "grimoire/command/command.h"

namespace grim {

struct ModelLineOptions {
  std::string data, out, by = "weights";  // by: of AlignBy's names, or none
  int64_t points = 11, tokens = 0, steps = 60, seed = 1337;
};
int tell_barrier(Console& console, const std::string& first, const std::string& second, const ModelLineOptions& options);
int align_model(Console& console, const std::string& first, const std::string& second, const ModelLineOptions& options);

}  // namespace grim
