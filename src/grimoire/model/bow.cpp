#include "grimoire/model/bow.h"

#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/moments.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

// Averages of everything up to and including each place: (B, T, C).
Tensor causal_average(const Tensor& x) {
  const int64_t T = x.dim(1);
  const Tensor share = Tensor::empty({T, 1}, computed_in(x.dtype()));
  for (int64_t t = 0; t < T; ++t) share.data<float>()[t] = 1.0f / static_cast<float>(t + 1);
  return cumsum(x, 1) * share;
}

}  // namespace

BowConfig BowConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"context"}, {"n_embd"}, {"n_hidden"}};
  check_config_keys(c, rules);
  return {.vocab_size = config_size(c, "vocab_size"), .context = config_size(c, "context"), .n_embd = config_size(c, "n_embd"),
          .n_hidden = config_size(c, "n_hidden")};
}

Bow::Bow(const BowConfig& c, Rng& rng)
    : config_(c), wte_{"wte", *this, normal_init({c.vocab_size, c.n_embd}, 1.0, rng)},
      wpe_{"wpe", *this, normal_init({c.context, c.n_embd}, 1.0, rng)},
      hidden_{"hidden", *this, kaiming_normal({c.n_embd, c.n_hidden}, Gain::tanh, rng), zero_bias(c.n_hidden)},
      back_{"back", *this, xavier_uniform({c.n_hidden, c.n_embd}, Gain::linear, rng), zero_bias(c.n_embd)},
      out_{"out", *this, normal_init({c.n_embd, c.vocab_size}, 0.02, rng), zero_bias(c.vocab_size)} {}

Tensor Bow::logits(const Tensor& tokens, Pass&) const {
  const int64_t T = tokens.dim(-1);
  GRIM_CHECK(tokens.ndim() == 2 && T <= config_.context, shape, "bow", "tokens: got {}, expected (B, T) with T <= {}",
             tokens.shape(), config_.context);
  Tensor x = wte_(tokens) + slice(wpe_.weight, 0, 0, T);  // (B, T, C)
  x = x + causal_average(x);
  x = x + back_(hidden_(x, Activation::tanh));
  return out_(x);  // (B, T, V)
}

Json Bow::config() const { return config_.to_json(); }

Json BowConfig::to_json() const {
  return Json::object({{"model_type", "bow"}, {"vocab_size", vocab_size}, {"context", context},
                       {"n_embd", n_embd}, {"n_hidden", n_hidden}});
}

Options BowConfig::options() { return {context_option(&context), embedding_option(&n_embd), hidden_option(&n_hidden)}; }

ConfigShapes BowConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, E{{"n_embd"}, n_embd}, H{{"n_hidden"}, n_hidden};
  return {.tensors = {{"wte.weight", {V, E}}, {"wpe.weight", {{{"context"}, context}, E}}, {"hidden.weight", {E, H}}, {"out.weight", {E, V}}}};
}

double BowConfig::parameter_count() const {
  const double V = double(vocab_size), E = double(n_embd), H = double(n_hidden);
  return V * E + double(context) * E + E * H + H + H * E + E + E * V + V;
}

std::vector<SizeAxis> BowConfig::axes() const { return {{"n-embd", kSmallWidth}, {"n-hidden", kSmallWidth}, {"context", kSmallContext}}; }

Architecture bow_architecture() {  // makemore.py
  return architecture<Bow, BowConfig>(
      {.name = "bow", .summary = "each place sees the average of all embeddings so far",
       .items_recipe = R"({"steps": 10000, "batch_size": 32, "context": 0, "n_embd": 64, "n_hidden": 64})",
       .text_recipe = R"({"steps": 10000, "batch_size": 32, "context": 64, "n_embd": 64, "n_hidden": 64, "split": "90/10/0"})"},
      Reading::sequence);
}

}  // namespace grim
