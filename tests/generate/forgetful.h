#pragma once

#include "grimoire/model/causal_lm.h"

namespace grim::test {

// The same model, that keeps nothing between two passes.
class Forgetful final : public CausalLm {
 public:
  explicit Forgetful(const CausalLm& model) : model_(model) {}
  Reading reading() const override { return model_.reading(); }
  int64_t context() const override { return model_.context(); }
  int64_t vocabulary() const override { return model_.vocabulary(); }
  Tensor logits(const Tensor& tokens, Pass& pass) const override { return model_.logits(tokens, pass); }
  Json config() const override { return model_.config(); }

 private:
  const CausalLm& model_;
};

}  // namespace grim::test
