#include "grimoire/task/spans_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/text/special_token.h"

namespace grim {

SpanTokens SpanTokens::of(const Tokenizer& tokenizer) {
  SpanTokens found;
  for (int i = 0; i < 1000; ++i) {
    const std::optional<int64_t> id = tokenizer.id_of(str("<extra_id_{}>", i));
    if (!id) break;
    found.gaps.push_back(*id);
  }
  if (found.gaps.size() < 2)
    fail(ErrorKind::input, "spans", str("the tokenizer has {} tokens for gaps", found.gaps.size()),
         "expected <extra_id_0>, <extra_id_1> and more, as T5's has");
  found.end = needed_token(tokenizer, TokenRole::end);
  return found;
}

SpanSizes span_sizes(int64_t length, const SpanOptions& options, int64_t most_gaps) {
  GRIM_CHECK(length >= 2, argument, "spans", "a text of {} tokens: expected at least 2", length);
  const int64_t taken = std::clamp<int64_t>(std::llround(options.rate * static_cast<double>(length)), 1, length - 1);
  const int64_t gaps = std::clamp<int64_t>(std::llround(static_cast<double>(taken) / options.mean_length), 1, std::min({taken, length - taken, most_gaps - 1}));
  return {taken, gaps};
}

namespace {

// n as a sum of `parts` numbers, none zero: the places where it is cut, drawn without repeats.
std::vector<int64_t> random_parts(int64_t n, int64_t parts, Rng& rng) {
  std::vector<int64_t> cuts = rng.permutation(n - 1);
  cuts.resize(static_cast<size_t>(parts - 1));
  std::ranges::sort(cuts);
  std::vector<int64_t> sizes;
  int64_t before = 0;
  for (const int64_t c : cuts) {
    sizes.push_back(c + 1 - before);
    before = c + 1;
  }
  sizes.push_back(n - before);
  return sizes;
}

}  // namespace

std::vector<int64_t> random_spans(int64_t length, const SpanSizes& sizes, Rng& rng) {
  const std::vector<int64_t> taken = random_parts(sizes.taken, sizes.gaps, rng), kept = random_parts(length - sizes.taken, sizes.gaps, rng);
  std::vector<int64_t> turns;
  for (size_t i = 0; i < taken.size(); ++i) turns.insert(turns.end(), {kept[i], taken[i]});
  return turns;
}

std::string Spans::warning(int64_t length) const {
  const SpanSizes now = sizes(length), wanted = span_sizes(length, options_, std::numeric_limits<int64_t>::max());
  if (now.gaps == wanted.gaps) return "";
  return str("texts of {} tokens would have {} gaps, which take {} tokens <extra_id_0>, <extra_id_1> and so on, and the tokenizer has {}: a gap is {:.1f} "
             "tokens long in the mean, not {:.1f}", length, wanted.gaps, wanted.gaps + 1, tokens_.gaps.size(),
             static_cast<double>(now.taken) / static_cast<double>(now.gaps), options_.mean_length);
}

Damage::Pair Spans::of(std::span<const int32_t> text, uint32_t number, uint64_t seed, uint32_t step) const {
  const auto length = static_cast<int64_t>(text.size());
  Rng rng(RngMode::philox, seed ^ 0x7370616e, number, step);
  const std::vector<int64_t> turns = random_spans(length, sizes(length), rng);
  Pair pair;
  auto at = text.begin();
  for (size_t t = 0; t < turns.size(); ++t) {
    std::vector<int64_t>& to = t % 2 ? pair.target : pair.source;
    if (t % 2) pair.source.push_back(tokens_.gaps[t / 2]), pair.target.push_back(tokens_.gaps[t / 2]);
    to.insert(to.end(), at, at + turns[t]);
    at += turns[t];
  }
  pair.target.push_back(tokens_.gaps[turns.size() / 2]);
  for (std::vector<int64_t>* side : {&pair.source, &pair.target}) side->push_back(tokens_.end);
  return pair;
}

std::vector<std::vector<int64_t>> answers_in(std::span<const int64_t> target, const SpanTokens& tokens, int64_t gaps) {
  std::vector<std::vector<int64_t>> answers(static_cast<size_t>(gaps));
  int64_t open = -1;
  for (const int64_t id : target) {
    if (id == tokens.end) break;
    const auto gap = std::ranges::find(tokens.gaps, id);
    if (gap != tokens.gaps.end()) open = gap - tokens.gaps.begin();
    else if (open >= 0 && open < gaps) answers[static_cast<size_t>(open)].push_back(id);
  }
  return answers;
}

}  // namespace grim
