// Text from a language model: one token at a time, drawn from its distribution as temperature, top-k and top-p shape it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

struct SampleOptions {
  double temperature = 1;      // logits are divided by it; 0 always takes the likeliest token
  int64_t top_k = 0;           // only the k likeliest; 0: all
  double top_p = 1;            // only the likeliest that together reach this probability (Holtzman et al. 2020)
  int64_t max_tokens = 0;      // 0: 1000 for items, 500 for running text
  std::string prompt = {};     // begins the text, and is part of it
  std::string stop = {};       // ends the text when it appears, and is left out; items also end at their boundary
  std::optional<int64_t> begin = {};  // of running text: read before a text that has no prompt; else the first token there is
  std::vector<int64_t> ends = {};     // tokens that end a text, and are left out
};

// One choice, for --explain: what was taken and what else was likely. Probabilities after shaping, with the model's own beside.
struct Choice {
  int64_t token = 0;
  double probability = 0, model_probability = 0;
  struct Alternative {
    int64_t token;
    double probability;
  };
  std::vector<Alternative> alternatives;  // the five likeliest, likeliest first
};

// The distribution over the next token after shaping: (V) probabilities that sum to 1.
std::vector<float> shape_distribution(const std::vector<float>& logits, const SampleOptions& options);

// Where the time went: tokens within the model's context go on from what was read, those beyond it read their whole window again.
struct Pace {
  int64_t within = 0, beyond = 0;                      // tokens
  double seconds_within = 0, seconds_beyond = 0;
  bool goes_on = false;                                // the model keeps what it read
};

// Asked after every token, `stop` ends the text where it is. `pace` is added to.
// throws: argument, an option out of range; input, a prompt with characters that the model does not know; numeric, logits that are
// not finite
std::string generate(const CausalLm& model, const Tokenizer& tokenizer, const SampleOptions& options, Rng& rng,
                     const std::function<void(const Choice&)>& on_choice = {}, const std::function<bool()>& stop = {}, Pace* pace = nullptr);

}  // namespace grim
