#include "grimoire/vectors/sample_maker.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"

namespace grim::vectors {
namespace {

constexpr uint32_t kThinning = stream_id("vectors thinning"), kSampling = stream_id("vectors sampling");
constexpr double kWhole = 4294967296.0;  // 2^32
constexpr double kNegativePower = 0.5;   // of the counts, as in fastText; word2vec's program has 3/4

uint32_t as_word(double share) { return static_cast<uint32_t>(std::clamp(share * kWhole, 0.0, kWhole - 1)); }

// `from` behind `to` by shards of their rows, in their order within a shard; where each shard begins behind `begins`.
template <class T, class RowOf> void append_by_shards(const std::vector<T>& from, std::vector<T>& to, std::vector<int32_t>& begins, RowOf&& row_of) {
  std::array<int32_t, kShards> at{};
  for (const T& x : from) ++at[static_cast<size_t>(row_of(x) % kShards)];
  auto begin = static_cast<int32_t>(to.size());
  for (int32_t& n : at) {
    const int32_t next = begin + n;
    n = begin;
    begin = next;
    begins.push_back(next);
  }
  to.resize(to.size() + from.size());
  for (const T& x : from) to[static_cast<size_t>(at[static_cast<size_t>(row_of(x) % kShards)]++)] = x;
}

}  // namespace

uint32_t Draws::next() {
  if (left_ == 0) {
    words_ = philox4x32(seed_, stream_, epoch_, block_++);
    left_ = 4;
  }
  return words_[static_cast<size_t>(4 - left_--)];
}

AliasTable::AliasTable(const std::vector<double>& weights) : keep_(weights.size(), std::numeric_limits<uint32_t>::max()), other_(weights.size()) {
  double sum = 0;
  for (const double w : weights) sum += w;
  std::vector<double> share;
  std::vector<int32_t> poor, rich;
  for (size_t i = 0; i < weights.size(); ++i) {
    share.push_back(sum > 0 ? weights[i] / sum * static_cast<double>(weights.size()) : 1);
    other_[i] = static_cast<int32_t>(i);
    (share.back() < 1 ? poor : rich).push_back(static_cast<int32_t>(i));
  }
  while (!poor.empty() && !rich.empty()) {
    const auto p = static_cast<size_t>(poor.back()), r = static_cast<size_t>(rich.back());
    poor.pop_back();
    keep_[p] = as_word(share[p]);
    other_[p] = static_cast<int32_t>(r);
    share[r] -= 1 - share[p];
    if (share[r] >= 1) continue;
    rich.pop_back();
    poor.push_back(static_cast<int32_t>(r));
  }
}

SampleMaker::SampleMaker(const TrainingSettings& settings, const Dictionary& dictionary, const TrainingText& text)
    : settings_(settings), dictionary_(dictionary), text_(text) {
  const bool labels = settings.kind == Kind::supervised;
  const std::vector<int64_t> counts = dictionary.counts(labels);
  if (settings.loss == Loss::hierarchical_softmax) tree_.emplace(counts);
  if (settings.loss == Loss::negative_sampling) {
    GRIM_CHECK(counts.size() >= 2, input, "vectors", "negative sampling draws another {} than the right one: there is only one", labels ? "label" : "word");
    std::vector<double> weights;
    for (const int64_t c : counts) weights.push_back(std::pow(static_cast<double>(std::max<int64_t>(c, 1)), kNegativePower));
    negatives_.emplace(weights);
  }
  if (labels) return;
  for (const int64_t c : counts) {
    const double f = static_cast<double>(c) / static_cast<double>(std::max<int64_t>(dictionary.tokens(), 1));
    stays_.push_back(as_word(f > 0 ? std::sqrt(settings.sampling / f) + settings.sampling / f : 1));
  }
}

void SampleMaker::thin_out(int64_t epoch, int64_t first_line, int64_t last_line, Thinned& into) const {
  for (int64_t l = first_line; l < last_line; ++l) {
    const std::span<const int32_t> line = text_.line(l);
    Draws draws(static_cast<uint64_t>(settings_.seed), kThinning, epoch, l);
    for (size_t i = 0; i < line.size(); ++i) {
      if (draws.next() > stays_[static_cast<size_t>(line[i])]) continue;
      into.words.push_back(line[i]);
      into.places.push_back(text_.line_begins[static_cast<size_t>(l)] + static_cast<int64_t>(i));
      into.lines.push_back(l);
    }
  }
}

void SampleMaker::ask(int32_t target, Draws& draws, std::vector<Choice>& choices) const {
  if (tree_) {
    tree_->each_step(target, [&](int64_t row, bool right) { choices.push_back({static_cast<int32_t>(row), right ? 1.0f : 0.0f}); });
    return;
  }
  if (!negatives_) return;
  choices.push_back({target, 1});
  for (int64_t n = 0; n < settings_.negatives; ++n) {
    int32_t other = negatives_->draw(draws.next());
    while (other == target) other = negatives_->draw(draws.next());
    choices.push_back({other, 0});
  }
}

void SampleMaker::finish(const std::vector<int32_t>& inputs, const std::vector<Choice>& choices, Samples& into) {
  append_by_shards(inputs, into.inputs, into.input_begins, [](int32_t row) { return row; });
  append_by_shards(choices, into.choices, into.choice_begins, [](const Choice& c) { return c.row; });
  ++into.count;
}

void SampleMaker::add_skipgram(int64_t epoch, const Thinned& t, int64_t at, Samples& into) const {
  thread_local std::vector<int32_t> inputs;
  thread_local std::vector<Choice> choices;
  choices.clear();
  const auto here = static_cast<size_t>(at);
  Draws draws(static_cast<uint64_t>(settings_.seed), kSampling, epoch, t.places[here]);
  const int64_t reach = 1 + draws.below(settings_.window);
  const std::span<const int32_t> rows = dictionary_.rows_of(t.words[here]);
  inputs.assign(rows.begin(), rows.end());
  for (int64_t o = std::max<int64_t>(at - reach, 0); o <= std::min(at + reach, static_cast<int64_t>(t.words.size()) - 1); ++o) {
    const auto other = static_cast<size_t>(o);
    if (o == at || t.lines[other] != t.lines[here]) continue;
    if (settings_.loss == Loss::softmax) {  // one at a time
      into.targets.push_back(t.words[other]);
      finish(inputs, choices, into);
    }
    ask(t.words[other], draws, choices);
  }
  if (!choices.empty()) finish(inputs, choices, into);
}

void SampleMaker::add_cbow(int64_t epoch, const Thinned& t, int64_t at, Samples& into) const {
  thread_local std::vector<int32_t> inputs;
  thread_local std::vector<Choice> choices;
  inputs.clear();
  choices.clear();
  const auto here = static_cast<size_t>(at);
  Draws draws(static_cast<uint64_t>(settings_.seed), kSampling, epoch, t.places[here]);
  const int64_t reach = 1 + draws.below(settings_.window);
  for (int64_t o = std::max<int64_t>(at - reach, 0); o <= std::min(at + reach, static_cast<int64_t>(t.words.size()) - 1); ++o) {
    const auto other = static_cast<size_t>(o);
    if (o == at || t.lines[other] != t.lines[here]) continue;
    const std::span<const int32_t> rows = dictionary_.rows_of(t.words[other]);
    inputs.insert(inputs.end(), rows.begin(), rows.end());
  }
  if (inputs.empty()) return;
  into.targets.push_back(t.words[here]);
  ask(t.words[here], draws, choices);
  finish(inputs, choices, into);
}

std::vector<int32_t> SampleMaker::features(int64_t line) const {
  std::vector<int32_t> rows;
  std::vector<uint32_t> hashes;
  for (const int32_t token : text_.line(line)) {
    const Stranger* const stranger = token < 0 ? &text_.strangers[static_cast<size_t>(-1 - token)] : nullptr;
    const std::span<const int32_t> own = stranger ? std::span(stranger->rows) : dictionary_.rows_of(token);
    rows.insert(rows.end(), own.begin(), own.end());
    hashes.push_back(stranger ? stranger->hash : dictionary_.hash(token));
  }
  dictionary_.add_ngrams_of_words(hashes, rows);
  return rows;
}

void SampleMaker::add_line(int64_t epoch, int64_t line, Samples& into) const {
  const std::span<const int32_t> labels = text_.labels_of(line);
  const std::vector<int32_t> inputs = labels.empty() ? std::vector<int32_t>() : features(line);
  if (inputs.empty()) return;
  thread_local std::vector<Choice> choices;
  choices.clear();
  Draws draws(static_cast<uint64_t>(settings_.seed), kSampling, epoch, line);
  const int32_t target = labels[static_cast<size_t>(draws.below(static_cast<int64_t>(labels.size())))];
  if (settings_.loss == Loss::one_vs_all) {
    for (int64_t l = 0; l < dictionary_.labels(); ++l) choices.push_back({static_cast<int32_t>(l), 0});
    for (const int32_t l : labels) choices[static_cast<size_t>(l)].right = 1;
  } else {
    into.targets.push_back(target);
    ask(target, draws, choices);
  }
  finish(inputs, choices, into);
}

}  // namespace grim::vectors
