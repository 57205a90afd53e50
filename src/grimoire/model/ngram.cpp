#include "grimoire/model/ngram.h"

#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/device/threads.h"
#include "grimoire/model/config_keys.h"

namespace grim {
namespace {

const std::vector<std::string> kShorter = {"none", "backoff", "interpolate"};

// V + V^2 + ... + V^(context + 1), which may be beyond any integer.
double table_numbers(const NgramConfig& c) {
  double all = 0, power = 1;
  for (int64_t m = 0; m <= c.context && all < 1e300; ++m) all += power *= static_cast<double>(c.vocab_size);
  return all;
}

// (N(w) + k q(w)) / (N + k |q|): `prior` is k q, nullptr for k of every symbol. False, nothing written, where both are 0.
bool smoothed(const int64_t* counts, int64_t V, double k, const double* prior, double* p) {
  const double total = static_cast<double>(std::accumulate(counts, counts + V, int64_t{0})) + (prior ? k : k * static_cast<double>(V));
  if (!(total > 0)) return false;
  for (int64_t w = 0; w < V; ++w) p[w] = (static_cast<double>(counts[w]) + (prior ? k * prior[w] : k)) / total;
  return true;
}

}  // namespace

NgramConfig NgramConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"context"}, {"smoothing"},
                                             {"shorter", KeyUse::fixed, {"\"none\"", "\"backoff\"", "\"interpolate\""}},
                                             {"n_embd", KeyUse::harmless}, {"n_hidden", KeyUse::harmless}};
  check_config_keys(c, rules);
  NgramConfig config{.vocab_size = config_size(c, "vocab_size"), .context = config_size(c, "context", 1, 64), .smoothing = c.real("smoothing", 1.0)};
  GRIM_CHECK(config.smoothing >= 0, input, "config", "config.json: key 'smoothing': got {}, expected 0 or more", config.smoothing);
  const std::string shorter = c.text("shorter", "interpolate");
  config.shorter = static_cast<Shorter>(std::ranges::find(kShorter, shorter) - kShorter.begin());
  return config;
}

Json NgramConfig::to_json() const {
  return Json::object({{"model_type", "ngram"}, {"vocab_size", vocab_size}, {"context", context}, {"smoothing", smoothing},
                       {"shorter", kShorter[static_cast<size_t>(shorter)]}});
}

Options NgramConfig::options() {
  return {{.name = "context", .help = "symbols that it looks back on; its n-grams are one longer", .target = &context, .low = 1, .high = 64},
          {.name = "smoothing", .help = "added to counts: to each, or, interpolating, as many as the shorter context would predict", .target = &smoothing,
           .low = 0},
          {.name = "shorter", .help = "what shorter contexts say where one is rare", .target = by_choice(&shorter), .choices = kShorter}};
}

double NgramConfig::parameter_count() const { return 0; }  // counts are no parameters
double NgramConfig::buffer_bytes() const { return 8 * table_numbers(*this); }
double NgramConfig::work() const { return static_cast<double>(vocab_size) * static_cast<double>(context + 1); }

void NgramConfig::check() const {
  constexpr double kMost = 0x1p40;
  GRIM_CHECK(table_numbers(*this) <= kMost, argument, "ngram", "{} symbols in a row of {} have {:.2g} counts, expected at most 2^40: a shorter context",
             context + 1, vocab_size, table_numbers(*this));
}

Ngram::Ngram(const NgramConfig& c)
    : config_((c.check(), c)), counts_(buffer("counts", Tensor::zeros({static_cast<int64_t>(table_numbers(c))}, Dtype::i64))) {}

int64_t* Ngram::row(const int64_t* end, int64_t length) const {
  const int64_t V = config_.vocab_size;
  int64_t before = 0, place = 0;  // numbers of the smaller tables; the symbols as digits
  for (int64_t i = 0; i < length; ++i) before = before * V + V, place = place * V + end[i - length];
  return counts_.data<int64_t>() + before + place * V;
}

void Ngram::count(const Tensor& tokens, const Tensor& targets) {
  const int64_t* const x = tokens.data<int64_t>();
  const int64_t* const next = targets.data<int64_t>();
  for (int64_t n = 0; n < targets.numel(); ++n)
    if (next[n] != kIgnore)
      for (int64_t m = 0; m <= config_.context; ++m) ++row(x + (n + 1) * config_.context, m)[next[n]];
}

// From the shortest context to the longest, each resting on the one before.
void Ngram::probabilities(const int64_t* end, int64_t length, double* p) const {
  const int64_t V = config_.vocab_size;
  const double k = config_.smoothing;
  std::fill_n(p, V, 1.0 / static_cast<double>(V));
  std::vector<double> shorter(p, p + V);
  for (int64_t m = config_.shorter == Shorter::none ? length : 0; m <= length; ++m) {
    const int64_t* const counts = row(end, m);
    if (config_.shorter == Shorter::interpolate) {
      if (smoothed(counts, V, k, shorter.data(), p)) std::copy_n(p, V, shorter.begin());
    } else if (config_.shorter == Shorter::none || std::any_of(counts, counts + V, [](int64_t c) { return c > 0; })) {
      smoothed(counts, V, k, nullptr, p);
    }
  }
}

Tensor Ngram::logits(const Tensor& tokens, Pass&) const {
  const int64_t N = tokens.dim(0), V = config_.vocab_size;
  const Tensor y = Tensor::empty({N, V});
  device::parallel_for(N, 64, [&](int64_t begin, int64_t end) {
    std::vector<double> p(static_cast<size_t>(V));
    for (int64_t n = begin; n < end; ++n) {
      probabilities(tokens.data<int64_t>() + (n + 1) * config_.context, config_.context, p.data());
      for (int64_t w = 0; w < V; ++w) y.data<float>()[n * V + w] = static_cast<float>(std::log(p[static_cast<size_t>(w)]));
    }
  });
  return y;
}

Json Ngram::config() const { return config_.to_json(); }

Architecture ngram_architecture() {
  return architecture<Ngram, NgramConfig>({.name = "ngram", .summary = "counts of n symbols in a row, shorter ones helping where those are rare"},
                                          Reading::window);
}

}  // namespace grim
