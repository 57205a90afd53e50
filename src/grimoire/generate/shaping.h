// From a model's logits to the distribution that the next token is drawn from. Steps and their order are those of transformers (logits_process.py).
#pragma once

#include <span>
#include <vector>

#include "grimoire/generate/generation_config.h"

namespace grim {

// Where the token will stand.
struct Place {
  std::span<const int64_t> text = {};  // all so far
  int64_t prompt = 0;                  // tokens of it that were given
  int64_t longest = 0;                 // that it may have; 0: no limit
};

// What depends on the text: biases, penalties, tokens that are forbidden (-infinity) or forced. `scores` (V) are logits, of beam search
// log-probabilities. throws: argument, a token that the vocabulary lacks
void process(std::span<float> scores, const Place& place, const GenerationConfig& config);

// The tokens that can be drawn, smallest first, and their probabilities, which sum to 1.
struct Distribution {
  std::vector<int64_t> tokens = {};  // empty: all there are
  std::vector<float> p = {};
  int64_t token(size_t i) const { return tokens.empty() ? static_cast<int64_t>(i) : tokens[i]; }
};
// What does not: temperature, then the cuts: top-k, top-p, min-p, typical, epsilon, eta, each of what those before it left.
Distribution distribution_of(std::span<const float> scores, const GenerationConfig& config);

// Both, over the whole vocabulary: (V), zero for what cannot be drawn. throws: argument, also a setting out of range
std::vector<float> shape_distribution(std::vector<float> logits, const GenerationConfig& config, const Place& place = {});

std::vector<float> softmax_of(std::span<const float> logits, double temperature = 1);

}  // namespace grim
