// Options that several architectures share, so that they are called and bounded alike.
#pragma once

#include "grimoire/base/option.h"

namespace grim {

inline Option context_option(int64_t* target) {
  return {.name = "context", .help = "tokens the model looks back on; 0 takes what the data need", .target = target, .low = 0, .high = 1 << 24};
}
inline Option embedding_option(int64_t* target) {
  return {.name = "n-embd", .help = "width of the embedding and the residual stream", .target = target, .low = 1, .high = 1 << 20};
}
inline Option hidden_option(int64_t* target) {
  return {.name = "n-hidden", .help = "width of the hidden layer", .target = target, .low = 1, .high = 1 << 20};
}
inline Option layers_option(int64_t* target) { return {.name = "n-layer", .help = "layers", .target = target, .low = 1, .high = 1 << 16}; }

// Shapes are tried from these sizes on to foretell what large ones cost.
inline constexpr int64_t kSmallWidth = 16, kSmallContext = 8, kFewLayers = 6;

}  // namespace grim
