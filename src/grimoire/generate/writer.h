// A model that writes: behind tokens that it reads, one token at a time.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/generate/shaping.h"
#include "grimoire/generate/text_rows.h"

namespace grim {

// One choice. With `explain` its probability after shaping (where nothing is drawn, at temperature 1) and by the model alone, and what else was likely.
struct Choice {
  int64_t token = 0;
  double probability = 0, model_probability = 0;
  struct Alternative {
    int64_t token;
    double probability;
  };
  std::vector<Alternative> alternatives = {};  // the five likeliest after shaping, likeliest first
};

std::vector<Choice::Alternative> likeliest_of(const Distribution& d, size_t count);  // of equal ones those with the smaller number first

// Draws the token that stands at `place`; `logits` are shaped where they are.
Choice choose(std::span<float> logits, const Place& place, const GenerationConfig& config, Rng& rng);

// Where the time went: tokens within the model's context go on from what was read, those beyond it read their whole window again.
struct Pace {
  int64_t within = 0, beyond = 0;                      // tokens
  double seconds_within = 0, seconds_beyond = 0;
  bool goes_on = false;                                // the model keeps what it read
  int64_t guessed = 0, right = 0;                      // tokens that were guessed ahead, and those of them that were written
};

// What is told of a text while it is written, and asked.
struct Listener {
  std::function<void(const Choice&)> choice = {};          // an end too
  std::function<void(const std::string& piece)> text = {}; // as soon as it is certain; end to end they are the text
  std::function<bool()> stop = {};                         // asked after every token: true ends the text where it is
  Pace* pace = nullptr;                                    // is added to
};

class Writer {
 public:
  explicit Writer(const CausalLm& model) : model_(model), rows_(model) {}

  // Writes behind `ids`, of which there is at least one. Each choice is told, that of an end too; an answer of false ends the text behind it. Gives what
  // was written. What `ids` begins with as the text before did is not read again. `pace` is added to.
  // throws: argument, a setting out of range; numeric, logits that are not finite
  std::vector<int64_t> write(std::span<const int64_t> ids, const GenerationConfig& config, Rng& rng, const std::function<bool(const Choice&)>& told = {},
                             Pace* pace = nullptr);

 private:
  std::span<float> next(const GenerationConfig& config, Pace* pace);  // logits of the token behind the text
  bool guessed_right() const;
  void read(const GenerationConfig& config, Pace* pace);

  const CausalLm& model_;
  TextRows rows_;
  // What was read ahead: behind `begun_` tokens stood guesses_, and ahead_ (guesses + 1, V) are the logits behind each of them.
  size_t begun_ = 0;
  std::vector<int64_t> guesses_ = {};
  std::vector<float> ahead_ = {};
};

// What a text may go on with: what followed where its last n tokens, or fewer, stood before, the longest match first and of equal ones the first; at
// most `count` tokens (prompt lookup; Saxena 2023).
std::vector<int64_t> looked_up(std::span<const int64_t> text, int64_t n, int64_t count);

}  // namespace grim
