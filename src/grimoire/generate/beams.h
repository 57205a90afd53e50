// Beam search: several beginnings of a text are held at a time, the likeliest of all their continuations go on. The answers are those of transformers
// (GenerationMixin._beam_search), of groups those of its version 4.49, the last that had them (Vijayakumar et al. 2018, "Diverse Beam Search").
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "grimoire/generate/shaping.h"
#include "grimoire/model/causal_lm.h"

namespace grim {

struct BeamText {
  std::vector<int64_t> tokens;  // what was written, without its end
  double score = 0;             // log-probability over length^length_penalty, the end counted
};
// What the beams are behind one step, best first, group by group; `text` is what was written so far.
struct BeamStep {
  struct Beam {
    std::span<const int64_t> text;
    double log_probability;
  };
  std::vector<Beam> beams;
};

// num_return_sequences of them, best first. The settings that shape log-probabilities are used, those that only a draw needs are not; a text ends at one
// of `ends`, where is_over says so of what was written, or at the longest length, of which there has to be one.
// throws: argument, a setting out of range; numeric, logits that are not finite
std::vector<BeamText> search_beams(const CausalLm& model, std::span<const int64_t> prompt, const GenerationConfig& config,
                                   const std::function<bool(std::span<const int64_t> written)>& is_over = {},
                                   const std::function<bool(const BeamStep&)>& told = {});

}  // namespace grim
