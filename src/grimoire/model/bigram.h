// The counting bigram: p(next | last) = (count + smoothing) / sum. The baseline every other model must beat, and exact.
//   Laplace smoothing; Karpathy's makemore part 1.
#pragma once

#include "grimoire/model/register.h"

namespace grim {

struct BigramConfig {
  int64_t vocab_size = 27;
  double smoothing = 1;  // added to every count; 0 gives the maximum-likelihood model, which may call an event impossible
  static BigramConfig from_json(const Json& config);
  Options options();
  Json to_json() const;
  double parameter_count() const;
  double buffer_bytes() const;
  double work() const { return static_cast<double>(vocab_size); }
};

class Bigram final : public CountingLm {
 public:
  explicit Bigram(const BigramConfig& config);
  Bigram(const BigramConfig& config, Rng&) : Bigram(config) {}
  // Adds the pairs (tokens[n, last], targets[n]) to the counts. tokens (N, context), targets (N,), i64.
  void count(const Tensor& tokens, const Tensor& targets) override;
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

Architecture bigram_architecture();

}  // namespace grim
