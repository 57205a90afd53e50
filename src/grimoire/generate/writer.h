// A model that writes: behind tokens that it reads, one token at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/model/causal_lm.h"

namespace grim {

// How each token is drawn from the model's distribution, and when a text is over. prompt, stop and begin are generate()'s.
struct SampleOptions {
  double temperature = 1;             // logits are divided by it; 0 always takes the likeliest token
  int64_t top_k = 0;                  // only the k likeliest; 0: all
  double top_p = 1;                   // only the likeliest that together reach this probability (Holtzman et al. 2020)
  int64_t max_tokens = 0;             // 0: until an end comes; of generate() 1000 for items, 500 for running text
  std::string prompt = {};            // begins the text, and is part of it
  std::string stop = {};              // ends the text when it appears, and is left out; items also end at their boundary
  std::optional<int64_t> begin = {};  // of running text: read before a text that has no prompt; else the first token there is
  std::vector<int64_t> ends = {};     // tokens that end a text, and are left out
};
void check(const SampleOptions& options);  // throws: argument, an option out of range

// The distribution over the next token after shaping: (V) probabilities that sum to 1.
std::vector<float> shape_distribution(const std::vector<float>& logits, const SampleOptions& options);

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

// Where the time went: tokens within the model's context go on from what was read, those beyond it read their whole window again.
struct Pace {
  int64_t within = 0, beyond = 0;                      // tokens
  double seconds_within = 0, seconds_beyond = 0;
  bool goes_on = false;                                // the model keeps what it read
};

class Writer {
 public:
  explicit Writer(const CausalLm& model) : model_(model), cache_(model.decode_cache()) {}

  // Writes behind `ids`, of which there is at least one. Each choice is told, that of an end too; an answer of false ends the text behind it. Gives what
  // was written. What `ids` begins with as the text before did is not read again. `pace` is added to.
  // throws: numeric, logits that are not finite
  std::vector<int64_t> write(std::span<const int64_t> ids, const SampleOptions& options, Rng& rng, const std::function<bool(const Choice&)>& told = {},
                             Pace* pace = nullptr);

 private:
  std::vector<float> next(Pace* pace);  // logits of the token behind text_
  std::vector<float> read(bool beyond);
  void begin_with(std::span<const int64_t> ids);

  const CausalLm& model_;
  std::unique_ptr<DecodeCache> cache_;
  std::vector<int64_t> text_;
};

}  // namespace grim
