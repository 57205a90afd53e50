#include "grimoire/generate/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/clock.h"
#include "grimoire/op/view.h"
#include "grimoire/text/token_stream.h"

namespace grim {
namespace {

constexpr size_t kAlternatives = 5;

void check(const SampleOptions& o) {
  GRIM_CHECK(o.temperature >= 0, argument, "generate", "temperature: got {}, expected 0 or more", o.temperature);
  GRIM_CHECK(o.top_k >= 0, argument, "generate", "top_k: got {}, expected 0 or more", o.top_k);
  GRIM_CHECK(o.top_p > 0 && o.top_p <= 1, argument, "generate", "top_p: got {}, expected more than 0, at most 1", o.top_p);
  GRIM_CHECK(o.max_tokens >= 0, argument, "generate", "max_tokens: got {}, expected 0 or more", o.max_tokens);
}

std::vector<float> softmax_of(const std::vector<float>& logits, double temperature) {
  const float top = *std::max_element(logits.begin(), logits.end());
  std::vector<float> p(logits.size());
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += p[i] = static_cast<float>(std::exp((logits[i] - top) / temperature));
  for (float& v : p) v = static_cast<float>(v / sum);
  return p;
}

std::vector<size_t> by_probability(const std::vector<float>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] > p[b]; });
  return order;
}

// A model reading a text that grows at its end.
class Reader {
 public:
  explicit Reader(const CausalLm& model) : model_(model), cache_(model.decode_cache()) {}

  // Logits of the token that follows.
  std::vector<float> next(const std::vector<int64_t>& ids, Pace* pace) {
    const double began = monotonic_seconds();
    const bool beyond = static_cast<int64_t>(ids.size()) > model_.context();
    std::vector<float> logits = read(ids, beyond);
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

 private:
  std::vector<float> read(const std::vector<int64_t>& ids, bool beyond) {
    const NoGrad no_grad;
    const bool cached = cache_ && !beyond;  // where the window moves, every place of it changes
    const auto context = static_cast<size_t>(model_.context());
    const size_t begin = cached ? static_cast<size_t>(cache_->past()) : ids.size() - std::min(ids.size(), context);
    std::vector<int64_t> seen(ids.begin() + static_cast<int64_t>(begin), ids.end());
    if (model_.reading() == Reading::window) seen.insert(seen.begin(), context - seen.size(), 0);  // boundaries before the first
    Pass pass = cached ? Pass::decode(*cache_) : Pass::evaluation();
    Tensor y = model_.logits(Tensor::from(seen, {1, static_cast<int64_t>(seen.size())}), pass);
    if (model_.reading() == Reading::sequence) y = select(y, 1, -1);
    return y.to_vector<float>();
  }

  const CausalLm& model_;
  std::unique_ptr<DecodeCache> cache_;
};

Choice choose(const std::vector<float>& logits, const SampleOptions& o, Rng& rng) {
  const std::vector<float> p = shape_distribution(logits, o), own = softmax_of(logits, 1);
  // The 2022 form of torch's multinomial is what the published notebooks drew with.
  const int64_t token = rng.multinomial(p, MultinomialForm::cumulative);
  Choice c{.token = token, .probability = p[static_cast<size_t>(token)], .model_probability = own[static_cast<size_t>(token)], .alternatives = {}};
  const std::vector<size_t> order = by_probability(p);
  for (size_t i = 0; i < std::min(kAlternatives, order.size()); ++i)
    if (p[order[i]] > 0) c.alternatives.push_back({static_cast<int64_t>(order[i]), p[order[i]]});
  return c;
}

}  // namespace

std::vector<float> shape_distribution(const std::vector<float>& logits, const SampleOptions& o) {
  check(o);
  if (o.temperature == 0) {
    std::vector<float> p(logits.size(), 0.0f);
    p[static_cast<size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin())] = 1;
    return p;
  }
  std::vector<float> p = softmax_of(logits, o.temperature);
  if (o.top_k == 0 && o.top_p >= 1) return p;
  const std::vector<size_t> order = by_probability(p);
  size_t keep = o.top_k > 0 ? std::min(order.size(), static_cast<size_t>(o.top_k)) : order.size();
  double mass = 0;
  for (size_t i = 0; i < keep; ++i) {
    mass += p[order[i]];
    if (mass >= o.top_p) keep = i + 1;
  }
  for (size_t i = keep; i < order.size(); ++i) p[order[i]] = 0;
  const double kept = std::accumulate(p.begin(), p.end(), 0.0);
  for (float& v : p) v = static_cast<float>(v / kept);
  return p;
}

std::string generate(const CausalLm& model, const Tokenizer& tokenizer, const SampleOptions& o, Rng& rng,
                     const std::function<void(const Choice&)>& on_choice, const std::function<bool()>& stop, Pace* pace) {
  check(o);
  const bool items = tokenizer.boundary().has_value();
  const int64_t limit = o.max_tokens > 0 ? o.max_tokens : items ? 1000 : 500;
  std::vector<int64_t> written = tokenizer.encode(o.prompt, "the prompt");
  std::vector<int64_t> ids = tokenizer.encode_with(o.prompt).ids;  // with what the model expects before it
  if (ids.empty()) ids = {o.begin.value_or(0)};  // of characters the first, usually a newline
  TokenStream stream(tokenizer);
  std::string text;  // of `written`, kept only to look for the end in
  if (!o.stop.empty())
    for (const int64_t id : written) text += stream.put(id);
  const size_t begun = text.size();
  Reader reader(model);
  for (int64_t i = 0; i < limit && !(stop && stop()); ++i) {
    const Choice c = choose(reader.next(ids, pace), o, rng);
    if (on_choice) on_choice(c);
    if ((items && c.token == *tokenizer.boundary()) || std::ranges::find(o.ends, c.token) != o.ends.end()) break;
    ids.push_back(c.token);
    written.push_back(c.token);
    if (o.stop.empty()) continue;
    const size_t before = text.size();
    text += stream.put(c.token);
    const size_t from = std::max(begun, before - std::min(before, o.stop.size()));
    if (const size_t at = text.find(o.stop, from); at != std::string::npos) return text.substr(0, at);
  }
  return tokenizer.decode(written);
}

}  // namespace grim
