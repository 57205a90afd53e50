// Examples of span corruption: a text with gaps, and what stood in them.
#pragma once

#include <span>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/task/rewrite.h"

namespace grim {

// The tokens that stand for gaps, <extra_id_0> first, and the one that ends a text.
struct SpanTokens {
  std::vector<int64_t> gaps;
  int64_t end = 0;
  // throws: input, it has none of them
  static SpanTokens of(const Tokenizer& tokenizer);
};

struct SpanOptions {
  double rate = 0.15;        // of the tokens of a text that are taken out
  double mean_length = 3;    // tokens of a gap
};

// How many tokens, and in how many gaps, are taken out of a text of `length`: at least one, and never all.
struct SpanSizes {
  int64_t taken = 0, gaps = 0;
};
SpanSizes span_sizes(int64_t length, const SpanOptions& options, int64_t most_gaps);

// Which tokens of a text of `length` are taken out: lengths of stretches, kept and taken in turn, a kept one first. All such cuts are equally likely
// (Raffel et al. 2020, section 3.1.4, and its published program).
std::vector<int64_t> random_spans(int64_t length, const SpanSizes& sizes, Rng& rng);

// Source: gaps where tokens were. Target: each gap, and what stood there, and a last gap.
class Spans final : public Damage {
 public:
  Spans(SpanTokens tokens, const SpanOptions& options) : tokens_(std::move(tokens)), options_(options) {}
  SpanSizes sizes(int64_t length) const { return span_sizes(length, options_, static_cast<int64_t>(tokens_.gaps.size())); }
  Pair of(std::span<const int32_t> text, uint32_t number, uint64_t seed, uint32_t step) const override;
  std::string warning(int64_t length) const override;  // gaps become longer where there are too few tokens for them
  int64_t target_length(int64_t length) const override { return sizes(length).taken + sizes(length).gaps + 2; }  // with the last gap, and the end

 private:
  SpanTokens tokens_;
  SpanOptions options_;
};

// What stands behind each gap of a target, or of what a model wrote for one: one entry a gap of `gaps`, empty where it does not come up.
std::vector<std::vector<int64_t>> answers_in(std::span<const int64_t> target, const SpanTokens& tokens, int64_t gaps);

}  // namespace grim
