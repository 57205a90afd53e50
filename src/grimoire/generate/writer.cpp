#include "grimoire/generate/writer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/clock.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

constexpr size_t kAlternatives = 5;

std::vector<float> softmax_of(const std::vector<float>& logits, double temperature) {
  const float top = *std::max_element(logits.begin(), logits.end());
  std::vector<float> p(logits.size());
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += p[i] = static_cast<float>(std::exp((logits[i] - top) / temperature));
  for (float& v : p) v = static_cast<float>(v / sum);
  return p;
}

// The `count` likeliest tokens, likeliest first, of equal ones the first: in order at the front of `order`, which holds every token.
void sort_likeliest(const std::vector<float>& p, std::vector<size_t>& order, size_t count) {
  const auto likelier = [&](size_t a, size_t b) { return p[a] > p[b] || (p[a] == p[b] && a < b); };
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(std::min(count, order.size())), order.end(), likelier);
}

std::vector<size_t> all_tokens(const std::vector<float>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

// How many of the likeliest together reach `mass`, at most `most`; they are sorted as far as that needs.
size_t nucleus(const std::vector<float>& p, std::vector<size_t>& order, double mass, size_t most) {
  double sum = 0;
  for (size_t done = 0, sorted = 0; done < most; ++done) {
    if (done == sorted) sort_likeliest(p, order, sorted = std::min(std::max<size_t>(64, 8 * sorted), most));
    sum += p[order[done]];
    if (sum >= mass) return done + 1;
  }
  return most;
}

Choice choose(const std::vector<float>& logits, const SampleOptions& s, Rng& rng) {
  const std::vector<float> p = shape_distribution(logits, s), own = softmax_of(logits, 1);
  // The 2022 form of torch's multinomial is what the published notebooks drew with.
  const int64_t token = rng.multinomial(p, MultinomialForm::cumulative);
  Choice c{.token = token, .probability = p[static_cast<size_t>(token)], .model_probability = own[static_cast<size_t>(token)], .alternatives = {}};
  std::vector<size_t> order = all_tokens(p);
  sort_likeliest(p, order, kAlternatives);
  for (size_t i = 0; i < std::min(kAlternatives, order.size()); ++i)
    if (p[order[i]] > 0) c.alternatives.push_back({static_cast<int64_t>(order[i]), p[order[i]]});
  return c;
}

}  // namespace

void check(const SampleOptions& s) {
  GRIM_CHECK(s.temperature >= 0, argument, "generate", "temperature: got {}, expected 0 or more", s.temperature);
  GRIM_CHECK(s.top_k >= 0, argument, "generate", "top_k: got {}, expected 0 or more", s.top_k);
  GRIM_CHECK(s.top_p > 0 && s.top_p <= 1, argument, "generate", "top_p: got {}, expected more than 0, at most 1", s.top_p);
  GRIM_CHECK(s.max_tokens >= 0, argument, "generate", "max_tokens: got {}, expected 0 or more", s.max_tokens);
}

std::vector<float> shape_distribution(const std::vector<float>& logits, const SampleOptions& s) {
  check(s);
  if (s.temperature == 0) {
    std::vector<float> p(logits.size(), 0.0f);
    p[static_cast<size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin())] = 1;
    return p;
  }
  std::vector<float> p = softmax_of(logits, s.temperature);
  if (s.top_k == 0 && s.top_p >= 1) return p;
  std::vector<size_t> order = all_tokens(p);
  const size_t keep = nucleus(p, order, s.top_p, s.top_k > 0 ? std::min(p.size(), static_cast<size_t>(s.top_k)) : p.size());
  for (size_t i = keep; i < order.size(); ++i) p[order[i]] = 0;
  double kept = 0;
  for (const float v : p) kept += v;
  for (float& v : p) v = static_cast<float>(v / kept);
  return p;
}

std::vector<float> Writer::read(bool beyond) {
  const NoGrad no_grad;
  const bool cached = cache_ && !beyond;  // where the window moves, every place of it changes
  const auto context = static_cast<size_t>(model_.context());
  const size_t begin = cached ? static_cast<size_t>(cache_->past()) : text_.size() - std::min(text_.size(), context);
  std::vector<int64_t> seen(text_.begin() + static_cast<int64_t>(begin), text_.end());
  if (model_.reading() == Reading::window) seen.insert(seen.begin(), context - seen.size(), 0);  // boundaries before the first
  Pass pass = cached ? Pass::decode(*cache_) : Pass::evaluation();
  Tensor y = model_.logits(Tensor::from(seen, {1, static_cast<int64_t>(seen.size())}), pass);
  if (model_.reading() == Reading::sequence) y = select(y, 1, -1);
  return y.to_vector<float>();
}

std::vector<float> Writer::next(Pace* pace) {
  const double began = monotonic_seconds();
  const bool beyond = static_cast<int64_t>(text_.size()) > model_.context();
  std::vector<float> logits = read(beyond);
  for (size_t i = 0; i < logits.size(); ++i)  // -inf is a symbol that cannot follow
    GRIM_CHECK(!std::isnan(logits[i]) && logits[i] < INFINITY, numeric, "generate",
               "the model's logit of token {} is {}: its weights are too large to compute with", i, logits[i] > 0 ? "infinite" : "not a number");
  GRIM_CHECK(*std::max_element(logits.begin(), logits.end()) > -INFINITY, numeric, "generate", "the model calls every token impossible");
  if (!pace) return logits;
  pace->goes_on = cache_ != nullptr;
  ++(beyond ? pace->beyond : pace->within);
  (beyond ? pace->seconds_beyond : pace->seconds_within) += monotonic_seconds() - began;
  return logits;
}

// The last token is read again, since its logits are not kept.
void Writer::begin_with(std::span<const int64_t> ids) {
  GRIM_CHECK(!ids.empty(), argument, "generate", "there is no token to write behind");
  if (cache_) {
    const size_t read = std::min(static_cast<size_t>(cache_->past()), ids.size() - 1);
    size_t same = 0;
    while (same < read && ids[same] == text_[same]) ++same;
    cache_->cut(static_cast<int64_t>(same));
  }
  text_.assign(ids.begin(), ids.end());
}

std::vector<int64_t> Writer::write(std::span<const int64_t> ids, const SampleOptions& s, Rng& rng, const std::function<bool(const Choice&)>& told, Pace* pace) {
  check(s);
  begin_with(ids);
  const size_t begun = text_.size();
  for (int64_t i = 0; s.max_tokens == 0 || i < s.max_tokens; ++i) {
    const Choice c = choose(next(pace), s, rng);
    const bool end = std::ranges::find(s.ends, c.token) != s.ends.end();
    if (!end) text_.push_back(c.token);
    if ((told && !told(c)) || end) break;
  }
  return {text_.begin() + static_cast<ptrdiff_t>(begun), text_.end()};
}

}  // namespace grim
