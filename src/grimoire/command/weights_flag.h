// How a model's matrices are held while a command works with it.
#pragma once

#include <algorithm>
#include <string>

#include "grimoire/base/option.h"
#include "grimoire/nn/products.h"

namespace grim {

// "q8_0" as files call it: "Q8_0".
inline std::string stored_name(std::string flag) {
  std::ranges::transform(flag, flag.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return flag;
}

inline Option weights_flag(WeightType* weights) {
  return {.name = "dtype", .help = "the model's weights: f32, or rounded, with which it answers sooner; auto: f32, or a file's q8_0 and q4_0",
          .target = by_choice(weights), .choices = {"auto", "f32", "bf16", "q8_0", "q4_0"}, .basic = true};
}

}  // namespace grim
