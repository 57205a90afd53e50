// How far one language model's words are from another's on the same text: what rounding a model's weights did to it.
//   Kullback and Leibler 1951, "On Information and Sufficiency": KL(p || q) = sum p ln (p / q)
#pragma once

#include <span>
#include <vector>

#include "grimoire/model/causal_lm.h"

namespace grim {

struct Divergence {
  int64_t tokens = 0;                 // predicted, each but the first
  double nats = 0, changed_nats = 0;  // mean cross-entropy of the text for the one and for the other
  double kl = 0, kl_99 = 0, kl_most = 0;  // nats from the one's words to the other's: mean, 99th percentile, largest
  double same_word = 0;               // share of places where both think the same word the likeliest
};

// Over blocks of `context` tokens that lie end to end. Both read the same tokens. throws: argument, as evaluate_rolling (train/rolling.h), or other
// vocabularies; input, fewer than two tokens
Divergence divergence(const CausalLm& model, const CausalLm& changed, std::span<const int64_t> ids, int64_t context);

}  // namespace grim
