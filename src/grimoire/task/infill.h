// BART's objective: an encoder-decoder writes a damaged text whole again.
//   Lewis et al. 2019, "BART: Denoising Sequence-to-Sequence Pre-training for Natural Language Generation, Translation, and Comprehension", section 2.2
// Text infilling: spans of tokens are taken out, each replaced by one mask, so that it must be found out how many are missing; a span of no token puts a
// mask where nothing was. Sentence permutation: the sentences, which end with a full stop, stand in any order.
#pragma once

#include "grimoire/base/rng.h"
#include "grimoire/task/rewrite.h"

namespace grim {

struct InfillTokens {
  std::optional<int64_t> begin;  // before every text, where the tokenizer puts it there too
  int64_t end = 0, mask = 0;
  std::vector<bool> stops;       // by token: does a sentence end with it?
  // throws: input, it has no end or no mask
  static InfillTokens of(const Tokenizer& tokenizer);
};

struct InfillOptions {
  double rate = 0.3;         // of the tokens that are taken out
  double mean_length = 3;    // tokens of a span: of the Poisson distribution that they are drawn from
  bool permute = true;       // sentences
};

// What is taken out of `length` tokens, of which `taken` go: how many tokens each span has, and how many of those that stay stand before it, rising.
// Spans never touch; where they go, every choice is equally likely. As many are drawn as it takes, and the last is cut.
struct InfillSpans {
  std::vector<int64_t> lengths, kept_before;
};
InfillSpans infill_spans(int64_t length, int64_t taken, double mean_length, Rng& rng);

// The sentences of a text in another order, all orders being equally likely. Each ends behind the last of a run of stops.
std::vector<int64_t> permuted_sentences(std::span<const int64_t> text, const std::vector<bool>& stops, Rng& rng);

class Infill final : public Damage {
 public:
  Infill(InfillTokens tokens, const InfillOptions& options) : tokens_(std::move(tokens)), options_(options) {}
  Pair of(std::span<const int32_t> text, uint32_t number, uint64_t seed, uint32_t step) const override;
  int64_t target_length(int64_t length) const override { return length + 1 + (tokens_.begin ? 1 : 0); }

 private:
  InfillTokens tokens_;
  InfillOptions options_;
};

TaskDefaults infill_task_settings();

}  // namespace grim
