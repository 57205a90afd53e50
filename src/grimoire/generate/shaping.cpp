#include "grimoire/generate/shaping.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/base/softmax.h"

namespace grim {
namespace {

using Text = std::span<const int64_t>;

float& at(std::span<float> scores, int64_t token) { return scores[static_cast<size_t>(token)]; }

void forbid(std::span<float> scores, Text tokens) {
  for (const int64_t t : tokens) at(scores, t) = -INFINITY;
}

void force(std::span<float> scores, Text tokens) {
  std::ranges::fill(scores, -INFINITY);
  for (const int64_t t : tokens) at(scores, t) = 0;
}

bool ends_in(Text text, Text tail) { return text.size() >= tail.size() && std::ranges::equal(text.last(tail.size()), tail); }

void add_bias(std::span<float> scores, Text text, const std::vector<int64_t>& tokens, double bias) {
  if (ends_in(text, Text(tokens).first(tokens.size() - 1))) at(scores, tokens.back()) += static_cast<float>(bias);
}

// For each token once, however often it stands in the text.
void penalise_repetition(std::span<float> scores, Text text, double penalty) {
  std::vector<bool> met(scores.size());
  for (const int64_t t : text) {
    if (met[static_cast<size_t>(t)]) continue;
    met[static_cast<size_t>(t)] = true;
    float& s = at(scores, t);
    s = s < 0 ? s * static_cast<float>(penalty) : s / static_cast<float>(penalty);
  }
}

// OpenAI's: score - times written * frequency - (written at all) * presence.
void penalise_frequency(std::span<float> scores, Text written, double frequency, double presence) {
  std::unordered_map<int64_t, int64_t> times;
  for (const int64_t t : written) ++times[t];
  for (const auto& [token, n] : times) at(scores, token) -= static_cast<float>(static_cast<double>(n) * frequency + presence);
}

// What followed the last n - 1 tokens where they stood before.
void forbid_repeated_ngrams(std::span<float> scores, Text text, size_t n) {
  if (text.size() < n) return;
  const Text tail = text.last(n - 1);
  for (size_t i = 0; i + n <= text.size(); ++i)
    if (std::equal(tail.begin(), tail.end(), text.begin() + static_cast<ptrdiff_t>(i))) at(scores, text[i + n - 1]) = -INFINITY;
}

void forbid_words(std::span<float> scores, Text text, const GenerationConfig& c) {
  for (const auto& word : c.bad_words_ids)
    if (word.size() > 1 || std::ranges::find(c.ends, word[0]) == c.ends.end()) add_bias(scores, text, word, -INFINITY);  // an end is no word
}

void favour_ends(std::span<float> scores, int64_t beyond, double factor, Text ends) {
  for (const int64_t t : ends) {
    float& s = at(scores, t);
    if (std::isfinite(s)) s += std::abs(s) * static_cast<float>(std::pow(factor, static_cast<double>(beyond)) - 1);
  }
}

}  // namespace

void process(std::span<float> scores, const Place& place, const GenerationConfig& c) {
  const Text text = place.text, written = text.subspan(static_cast<size_t>(place.prompt));
  const auto length = static_cast<int64_t>(text.size()), new_tokens = length - place.prompt;
  for (const SequenceBias& s : c.sequence_bias) add_bias(scores, text, s.tokens, s.bias);
  if (c.repetition_penalty != 1) penalise_repetition(scores, text, c.repetition_penalty);
  if (c.frequency_penalty != 0 || c.presence_penalty != 0) penalise_frequency(scores, written, c.frequency_penalty, c.presence_penalty);
  if (c.no_repeat_ngram_size > 0) forbid_repeated_ngrams(scores, text, static_cast<size_t>(c.no_repeat_ngram_size));
  forbid_words(scores, text, c);
  if (c.min_new_tokens > 0 ? new_tokens < c.min_new_tokens : length < c.min_length) forbid(scores, c.ends);
  if (c.forced_bos_token_id && length == 1) force(scores, {&*c.forced_bos_token_id, 1});
  if (!c.forced_eos_token_id.empty() && length + 1 == place.longest) force(scores, c.forced_eos_token_id);
  if (const auto& decay = c.exponential_decay_length_penalty; decay && new_tokens > decay->first)
    favour_ends(scores, new_tokens - decay->first, decay->second, c.ends);
  forbid(scores, c.suppress_tokens);
  const int64_t first = place.prompt > 1 || !c.forced_bos_token_id ? 0 : 1;  // the token behind a forced one
  if (new_tokens == first) forbid(scores, c.begin_suppress_tokens);
}

namespace {

// In lanes, so that the compiler makes vectors of it.
float largest(std::span<const float> x) {
  constexpr size_t kLanes = 16;
  float lanes[kLanes];
  std::ranges::fill(lanes, -INFINITY);
  size_t i = 0;
  for (; i + kLanes <= x.size(); i += kLanes)
    for (size_t l = 0; l < kLanes; ++l) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
  float top = *std::ranges::max_element(lanes);
  for (; i < x.size(); ++i) top = std::max(top, x[i]);
  return top;
}

}  // namespace

std::vector<float> softmax_of(std::span<const float> logits, double temperature) {
  std::vector<float> p(logits.size());
  softmax_below(largest(logits), logits.data(), p.data(), static_cast<int64_t>(p.size()), 1, temperature);
  return p;
}

namespace {

struct Candidate {
  int64_t token;
  double p;
};
using Candidates = std::vector<Candidate>;

void normalise(Candidates& all) {
  double sum = 0;
  for (const Candidate& c : all) sum += c.p;
  for (Candidate& c : all) c.p /= sum;
}

double entropy_of(const Candidates& all) {  // in nats
  double h = 0;
  for (const Candidate& c : all) h -= c.p > 0 ? c.p * std::log(c.p) : 0;
  return h;
}

// Those as likely as the k-th are kept with it.
Candidates likeliest(std::span<const float> scores, double temperature, size_t k, double top) {
  std::vector<float> order(scores.begin(), scores.end());
  std::ranges::nth_element(order, order.begin() + static_cast<ptrdiff_t>(k - 1), std::greater<>());
  const double least = order[k - 1];
  Candidates all;
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] >= least) all.push_back({static_cast<int64_t>(i), std::exp((scores[i] - top) / temperature)});
  normalise(all);
  return all;
}

// All that could be among the fewest that reach `mass`: of V tokens those below (1 - mass) / V together are below 1 - mass.
Candidates every_one(std::span<const float> scores, double temperature, double mass) {
  const std::vector<float> p = softmax_of(scores, temperature);
  const double least = (1 - mass) / static_cast<double>(p.size());
  Candidates all;
  for (size_t i = 0; i < p.size(); ++i)
    if (p[i] >= least) all.push_back({static_cast<int64_t>(i), p[i]});
  return all;
}

// The fewest that reach `mass`, of equal ones the first. They are sorted as far as that needs.
void cut_to_nucleus(Candidates& all, double mass) {
  const auto likelier = [](const Candidate& a, const Candidate& b) { return a.p > b.p || (a.p == b.p && a.token < b.token); };
  double sum = 0;
  size_t kept = 0;
  for (auto sorted = all.begin(); kept < all.size() && sum < mass; sum += all[kept++].p) {
    if (all.begin() + static_cast<ptrdiff_t>(kept) < sorted) continue;
    const auto begin = std::exchange(sorted, all.begin() + static_cast<ptrdiff_t>(std::min(std::max<size_t>(64, 8 * kept), all.size())));
    std::nth_element(begin, sorted, all.end(), likelier);
    std::sort(begin, sorted, likelier);
  }
  all.resize(kept);
}

void cut_below(Candidates& all, double least) {
  const double top = std::ranges::max_element(all, {}, &Candidate::p)->p;
  std::erase_if(all, [&](const Candidate& c) { return c.p < std::min(least, top); });
}

// Surprise is -log p, its expectation the entropy: the nearest to it are kept until they reach `mass`, and those as near as the last.
void cut_to_typical(Candidates& all, double mass) {
  const double h = entropy_of(all);
  const auto strangeness = [&](const Candidate& c) { return std::abs(-std::log(c.p) - h); };
  std::ranges::stable_sort(all, {}, strangeness);
  double sum = 0;
  size_t last = 0;
  while (last + 1 < all.size() && (sum += all[last].p) < mass) ++last;
  const double farthest = strangeness(all[last]);
  std::erase_if(all, [&](const Candidate& c) { return strangeness(c) > farthest; });
}

void cut(Candidates& all, const GenerationConfig& c) {
  const auto after = [&](bool asked, auto&& step) {
    if (asked) step(), normalise(all);
  };
  after(c.top_p < 1, [&] { cut_to_nucleus(all, c.top_p); });
  after(c.min_p > 0, [&] { cut_below(all, c.min_p * std::ranges::max_element(all, {}, &Candidate::p)->p); });
  after(c.typical_p < 1, [&] { cut_to_typical(all, c.typical_p); });
  after(c.epsilon_cutoff > 0, [&] { cut_below(all, c.epsilon_cutoff); });
  after(c.eta_cutoff > 0, [&] { cut_below(all, std::min(c.eta_cutoff, std::sqrt(c.eta_cutoff) * std::exp(-entropy_of(all)))); });
}

}  // namespace

Distribution distribution_of(std::span<const float> scores, const GenerationConfig& c) {
  const float top = largest(scores);
  GRIM_CHECK(top > -INFINITY, argument, "generate", "the settings forbid every token that could follow");
  if (c.temperature == 0) return {{std::ranges::find(scores, top) - scores.begin()}, {1}};
  const bool few = c.top_k > 0 && static_cast<size_t>(c.top_k) < scores.size();
  const bool cuts = c.top_p < 1 || c.min_p > 0 || c.typical_p < 1 || c.epsilon_cutoff > 0 || c.eta_cutoff > 0;
  if (!few && !cuts) return {{}, softmax_of(scores, c.temperature)};
  Candidates all = few ? likeliest(scores, c.temperature, static_cast<size_t>(c.top_k), top) : every_one(scores, c.temperature, c.top_p);
  cut(all, c);
  std::ranges::sort(all, {}, &Candidate::token);
  Distribution d;
  for (const Candidate& kept : all)
    if (kept.p > 0) d.tokens.push_back(kept.token), d.p.push_back(static_cast<float>(kept.p));
  return d;
}

std::vector<float> shape_distribution(std::vector<float> logits, const GenerationConfig& c, const Place& place) {
  check(c);
  check_tokens(c, static_cast<int64_t>(logits.size()));
  process(logits, place, c);
  const Distribution d = distribution_of(logits, c);
  std::vector<float> p(logits.size(), 0.0f);
  for (size_t i = 0; i < d.p.size(); ++i) p[static_cast<size_t>(d.token(i))] = d.p[i];
  return p;
}

}  // namespace grim
