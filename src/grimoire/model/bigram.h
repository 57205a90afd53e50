// The counting bigram: p(next | last) = (count + smoothing) / sum. The baseline every other model must beat, and exact.
//   Laplace smoothing; Karpathy's makemore part 1.
#pragma once

#include "grimoire/model/language_model.h"

namespace grim {

struct BigramConfig {
  int64_t vocab_size = 27;
  double smoothing = 1;  // added to every count; 0 gives the maximum-likelihood model, which may call an event impossible
  static BigramConfig from_json(const Json& config);
};

class Bigram final : public LanguageModel {
 public:
  explicit Bigram(const BigramConfig& config);
  // Adds the pairs (tokens[n, last], targets[n]) to the counts. tokens (N, context), targets (N,), i64.
  void count(const Tensor& tokens, const Tensor& targets);
  Tensor probabilities() const;  // (V, V) f32, rows sum to 1

  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return 1; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;  // log probabilities
  Json config() const override;

 private:
  BigramConfig config_;
  Tensor counts_;  // (V, V) i64
};

}  // namespace grim
