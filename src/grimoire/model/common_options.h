// Options that several architectures share, so that they are called, bounded and checked alike.
#pragma once

#include "grimoire/base/option.h"
#include "grimoire/model/register.h"

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

// Heads that share the width between them. `type` names the model in the error. throws: argument, the width does not divide by them
void check_heads(const std::string& type, int64_t n_embd, int64_t n_head);
std::vector<SizeAxis> axes_with_heads(int64_t n_head, int degree = 0);  // degree: in the heads; 0 where they share the width between them

}  // namespace grim
