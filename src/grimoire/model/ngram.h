// Counted n-grams: p(next | the symbols before) from how often each followed them, `context` = n - 1 symbols back. The bigram (model/bigram.h)
// is the one of context 1. What is rare is smoothed; where a context is too rare to tell, shorter ones help (Chen and Goodman 1999):
//   none         p_m(w | c) = (N(c w) + k) / (N(c) + k V)                                   Laplace, Lidstone
//   backoff      the same where N(c) > 0, else p_{m-1}(w | c'), c' without its first symbol
//   interpolate  p_m(w | c) = (N(c w) + k p_{m-1}(w | c')) / (N(c) + k), p of nothing 1 / V   MacKay and Peto 1995
#pragma once

#include "grimoire/model/register.h"

namespace grim {

enum class Shorter : uint8_t { none, backoff, interpolate };

struct NgramConfig {
  int64_t vocab_size = 27, context = 2;
  double smoothing = 1;  // k
  Shorter shorter = Shorter::interpolate;
  static NgramConfig from_json(const Json& config);
  Options options();
  Json to_json() const;
  double parameter_count() const;
  double buffer_bytes() const;
  double work() const;
  std::vector<SizeAxis> axes() const { return {{.option = "context", .low = 1}}; }
  void check() const;  // throws: argument, tables that no memory holds
};

class Ngram final : public CountingLm {
 public:
  explicit Ngram(const NgramConfig& config);
  Ngram(const NgramConfig& config, Rng&) : Ngram(config) {}
  // Adds every (last symbols of tokens[n], targets[n]) to the counts of 1, 2, ..., context + 1 symbols. tokens (N, context), targets (N,), i64.
  void count(const Tensor& tokens, const Tensor& targets) override;
  // p(. | the `length` symbols that stand before `end`), at most `context`: V numbers that sum to 1; all 1 / V where nothing is known and k is 0.
  void probabilities(const int64_t* end, int64_t length, double* p) const;

  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;  // log probabilities
  Json config() const override;

 private:
  // N(c .) of the last `length` symbols before `end`: V counts.
  int64_t* row(const int64_t* end, int64_t length) const;

  NgramConfig config_;
  Tensor counts_;  // i64: the tables of 1, 2, ..., context + 1 symbols, one behind the other; V + V^2 + ... numbers
};

Architecture ngram_architecture();

}  // namespace grim
