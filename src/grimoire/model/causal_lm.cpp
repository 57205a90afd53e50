#include "grimoire/model/causal_lm.h"

#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/view.h"

namespace grim {

Tensor CausalLm::last_logits(const Tensor& tokens, Pass& pass) const {
  const Tensor y = logits(tokens, pass);
  return reading() == Reading::sequence ? select(y, 1, -1) : y;
}

Tensor CausalLm::loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const {
  const Tensor y = logits(tokens, pass);
  return cross_entropy(reshape(y, {-1, vocabulary()}), reshape(targets, {-1}), {.ignore_index = kIgnore});
}

std::unique_ptr<DecodeCache> CausalLm::decode_cache() const { return nullptr; }

}  // namespace grim
