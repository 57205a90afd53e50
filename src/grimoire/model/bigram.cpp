#include "grimoire/model/bigram.h"

#include "grimoire/model/config_keys.h"
#include "grimoire/op/embedding.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim {

BigramConfig BigramConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"smoothing"},
                                             {"context", KeyUse::harmless}, {"n_embd", KeyUse::harmless}, {"n_hidden", KeyUse::harmless}};
  check_config_keys(c, rules);
  const double smoothing = c.real("smoothing", 1.0);
  GRIM_CHECK(smoothing >= 0, input, "config", "config.json: key 'smoothing': got {}, expected 0 or more", smoothing);
  return {.vocab_size = config_size(c, "vocab_size"), .smoothing = smoothing};
}

Bigram::Bigram(const BigramConfig& c)
    : config_(c), counts_(buffer("counts", Tensor::zeros({c.vocab_size, c.vocab_size}, Dtype::i64))) {}

void Bigram::count(const Tensor& tokens, const Tensor& targets) {
  const int64_t context = tokens.dim(1), V = config_.vocab_size;
  const int64_t* const last = tokens.data<int64_t>() + context - 1;
  const int64_t* const next = targets.data<int64_t>();
  int64_t* const counts = counts_.data<int64_t>();
  for (int64_t n = 0; n < targets.numel(); ++n)
    if (next[n] != kIgnore) ++counts[last[n * context] * V + next[n]];
}

Tensor Bigram::probabilities() const {
  const int64_t V = config_.vocab_size;
  const Tensor p = Tensor::empty({V, V});
  const int64_t* const counts = counts_.data<int64_t>();
  for (int64_t i = 0; i < V; ++i) {
    double total = 0;
    for (int64_t j = 0; j < V; ++j) total += static_cast<double>(counts[i * V + j]) + config_.smoothing;
    for (int64_t j = 0; j < V; ++j)
      p.data<float>()[i * V + j] = total > 0 ? static_cast<float>((static_cast<double>(counts[i * V + j]) + config_.smoothing) / total)
                                             : 1.0f / static_cast<float>(V);  // never seen: anything may follow
  }
  return p;
}

Tensor Bigram::logits(const Tensor& tokens, Pass&) const { return embedding(log(probabilities()), reshape(tokens, {-1})); }

Json Bigram::config() const { return config_.to_json(); }

Json BigramConfig::to_json() const {
  return Json::object({{"model_type", "bigram"}, {"vocab_size", vocab_size}, {"smoothing", smoothing}});
}

Options BigramConfig::options() { return {{.name = "smoothing", .help = "added to every count", .target = &smoothing, .low = 0}}; }
double BigramConfig::parameter_count() const { return 0; }  // counts are no parameters
double BigramConfig::buffer_bytes() const { return 8.0 * double(vocab_size) * double(vocab_size); }

Architecture bigram_architecture() {
  const std::string recipe = R"({"split": "100/0/0"})";
  return architecture<Bigram, BigramConfig>({.name = "bigram", .summary = "counts of pairs: the baseline of all others",
                                             .items_recipe = recipe, .text_recipe = recipe}, Reading::window);
}

}  // namespace grim
