// Multiple choice by likelihood: a language model is shown a question and chooses what it finds the likeliest to come behind it. No word is written.
//   Brown et al. 2020, "Language Models are Few-Shot Learners", section 2.4; EleutherAI's lm-evaluation-harness, whose acc, acc_norm and acc_bytes these are
// A longer choice has more tokens to be surprised by. Hence also its log-likelihood by its length, which no tokenizer decides: in characters, or bytes.
#pragma once

#include <optional>
#include <span>

#include "grimoire/data/choices.h"
#include "grimoire/data/windows.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

struct ChoiceTokens {
  Ids context, choice;
};
// A blank joins both, unless one of them has white space there or the tokenizer knows items, not running text. White space at the context's end is encoded
// with the choice, which is what follows the context in the tokens of both together. `before` stands before every context; without it and without a
// context, what begins or ends a text does. throws: input, a choice that adds no token, or no token that could stand before it
ChoiceTokens choice_tokens(const Tokenizer& tokenizer, const std::optional<int64_t>& before, const std::string& context, const std::string& choice);

// -ln p of the choice's tokens together. The context is cut at its beginning to what the model looks back on. throws: input, a longer choice
double choice_nats(const CausalLm& model, const ChoiceTokens& tokens);

// The place of the choice with the fewest nats by this unit, the first of several.
enum class ChoiceUnit : uint8_t { whole, character, byte };
int64_t likeliest_choice(std::span<const double> nats, std::span<const std::string> choices, ChoiceUnit by);

struct ChoiceEvaluation {
  int64_t questions = 0;
  int64_t right = 0, right_by_character = 0, right_by_byte = 0;
  double guessed = 0;                                            // questions that chance gets right, in the mean
};
// throws: argument, a model that reads windows; input, as above, naming the line
ChoiceEvaluation evaluate(const CausalLm& model, const Tokenizer& tokenizer, const std::optional<int64_t>& before, std::span<const ChoiceQuestion> questions);

}  // namespace grim
