#include "grimoire/task/infill.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/text/special_token.h"

namespace grim {

InfillTokens InfillTokens::of(const Tokenizer& tokenizer) {
  InfillTokens found{.begin = token_before_texts(tokenizer), .end = needed_token(tokenizer, TokenRole::end),
                     .mask = needed_token(tokenizer, TokenRole::mask), .stops = {}};
  for (int64_t id = 0; id < tokenizer.vocab_size(); ++id) {
    const std::string token = tokenizer.token(id);
    found.stops.push_back(std::ranges::any_of(std::initializer_list<std::string_view>{".", "!", "?", "。", "！", "？"},
                                              [&](std::string_view stop) { return token.ends_with(stop); }));
  }
  return found;
}

namespace {

// The smallest k whose share of the distribution and of those below it exceeds a uniform number.
int64_t poisson(double mean, Rng& rng) {
  double left = rng.uniform_double(), p = std::exp(-mean);
  int64_t k = 0;
  while (left >= p && p > 0) {
    left -= p;
    p *= mean / static_cast<double>(++k);
  }
  return k;
}

}  // namespace

InfillSpans infill_spans(int64_t length, int64_t taken, double mean_length, Rng& rng) {
  GRIM_CHECK(taken >= 1 && taken < length, argument, "infill", "{} of {} tokens: expected at least one, and not all", taken, length);
  InfillSpans spans;
  const auto most = static_cast<size_t>(std::min(taken, length - taken + 1));  // so that no source is longer than its text, and each has its place
  int64_t left = taken;
  while (left > 0) {
    const bool last = spans.lengths.size() + 1 == most;
    spans.lengths.push_back(last ? left : std::min(left, poisson(mean_length, rng)));
    left -= spans.lengths.back();
  }
  spans.kept_before = rng.permutation(length - taken + 1);
  spans.kept_before.resize(spans.lengths.size());
  std::ranges::sort(spans.kept_before);
  return spans;
}

std::vector<int64_t> permuted_sentences(std::span<const int64_t> text, const std::vector<bool>& stops, Rng& rng) {
  const auto stop_at = [&](size_t i) { return stops[static_cast<size_t>(text[i])]; };
  std::vector<size_t> begins = {0};
  for (size_t i = 1; i < text.size(); ++i)
    if (stop_at(i - 1) && !stop_at(i)) begins.push_back(i);
  std::vector<int64_t> permuted;
  for (const int64_t s : rng.permutation(static_cast<int64_t>(begins.size()))) {
    const size_t begin = begins[static_cast<size_t>(s)], next = static_cast<size_t>(s) + 1, end = next < begins.size() ? begins[next] : text.size();
    permuted.insert(permuted.end(), text.begin() + static_cast<ptrdiff_t>(begin), text.begin() + static_cast<ptrdiff_t>(end));
  }
  return permuted;
}

// Sentences first, then spans, as its authors' program has it.
Damage::Pair Infill::of(std::span<const int32_t> text, uint32_t number, uint64_t seed, uint32_t step) const {
  Rng rng(RngMode::philox, seed ^ 0x696e666c, number, step);
  std::vector<int64_t> whole(text.begin(), text.end());
  const auto length = static_cast<int64_t>(whole.size());
  const int64_t taken = std::clamp<int64_t>(std::llround(options_.rate * static_cast<double>(length)), 1, length - 1);
  const std::vector<int64_t> shown = options_.permute ? permuted_sentences(whole, tokens_.stops, rng) : whole;
  const InfillSpans spans = infill_spans(length, taken, options_.mean_length, rng);
  Pair pair;
  if (tokens_.begin) pair.source.push_back(*tokens_.begin), pair.target.push_back(*tokens_.begin);
  auto at = shown.begin();
  int64_t kept = 0;
  for (size_t i = 0; i < spans.lengths.size(); ++i) {
    const int64_t stays = spans.kept_before[i] - kept;
    pair.source.insert(pair.source.end(), at, at + stays);
    pair.source.push_back(tokens_.mask);
    at += stays + spans.lengths[i];
    kept += stays;
  }
  pair.source.insert(pair.source.end(), at, shown.end());
  pair.target.insert(pair.target.end(), whole.begin(), whole.end());
  for (std::vector<int64_t>* side : {&pair.source, &pair.target}) side->push_back(tokens_.end);
  return pair;
}

namespace {

struct InfillSettings {
  static constexpr const char* kTask = "infill";
  static constexpr const char* kTokenizer = "folder or file of the tokenizer: its mask and its end of a text, <mask> and </s> or their like, are used";
  static constexpr const char* kHint = "grimoire tokenizer train makes one of kind unigram, with special tokens <s>, <pad>, </s> and <mask>";
  InfillOptions infill;

  Options options() {
    return {{.name = "mask-rate", .help = "share of the tokens that are hidden behind masks", .target = &infill.rate, .low = 0.01, .high = 0.9},
            {.name = "span-length", .help = "tokens that a mask stands for, in the mean", .target = &infill.mean_length, .low = 0.1, .high = 100},
            {.name = "shuffle-sentences", .help = "show the sentences in any order", .target = &infill.permute}};
  }
  Json identity() const { return Json::object({{"mask_rate", infill.rate}, {"span_length", infill.mean_length}, {"shuffle_sentences", infill.permute}}); }
  std::unique_ptr<Damage> damage(const Tokenizer& tokenizer) const { return std::make_unique<Infill>(InfillTokens::of(tokenizer), infill); }
};

}  // namespace

TaskDefaults infill_task_settings() { return task_settings<RewriteSettings<InfillSettings>>(); }

}  // namespace grim
