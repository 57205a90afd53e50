// The angles of rotary position embedding (op/rotary.h), and how they are stretched for texts longer than those of the training.
#pragma once

#include <span>
#include <vector>

#include "grimoire/nn/module.h"
#include "grimoire/op/rotary.h"

namespace grim {

enum class RotaryScaling : uint8_t {
  none,
  linear,  // every angle is divided by `factor` (Chen et al. 2023, "Extending Context Window ... via Position Interpolation", section 2.2)
  llama3,  // only of what turns slowly, with a slope between (Llama 3.1's published code)
  yarn,    // so too, with another slope; and scores grow (Peng et al. 2023, "YaRN: Efficient Context Window Extension", sections 3.2 and 3.4)
  // The base grows with a text once it is longer than the model's context (section 3.3 there, "Dynamic NTK"). Models here read no more than their context
  // at once, so that it turns as `none` does; it stands here for files, which keep its name and factor.
  dynamic,
};

struct RotaryOptions {
  int64_t size = 0;       // R: numbers of a head that are turned, even
  double theta = 10000;   // pair i turns by theta^(-2 i / R) a position
  RotaryScaling scaling = RotaryScaling::none;
  double factor = 1;
  double low_freq_factor = 1, high_freq_factor = 4;  // llama3: turns within `trained`, below which all, above which nothing is divided
  int64_t trained = 8192;                            // positions of the training: llama3, yarn
  double beta_fast = 32, beta_slow = 1;              // yarn: turns within `trained`, from which on nothing, up to which all is divided
  bool truncate = true;                              // yarn: the slope begins and ends at whole pairs
  double attention_factor = 0;                       // yarn: of cosines and sines; 0: 0.1 ln(factor) + 1
};

// The angle of a position, of each of the R / 2 pairs.
std::vector<float> rotary_frequencies(const RotaryOptions& options);

// What cosines and sines are multiplied by, so that queries and keys are: 1 but for yarn.
double rotary_attention_factor(const RotaryOptions& options);

// What positions are turned by: cosines and sines, (positions, R / 2) each, or (B, T, R / 2) where each text has its own.
struct Turns {
  Tensor cos, sin;
};
// Angles are worked out in 32 bits, as the models' own code has them.
Turns turns_of(const RotaryOptions& options, std::span<const int64_t> positions, Dtype dtype = Dtype::f32);
Turns turns_of(const RotaryOptions& options, int64_t first, int64_t count, Dtype dtype = Dtype::f32);  // of first, first + 1, ...
// Of the next T tokens of each text, behind what the pass's cache holds.
Turns turns_of(const RotaryOptions& options, const Pass& pass, int64_t T, Dtype dtype = Dtype::f32);

}  // namespace grim
