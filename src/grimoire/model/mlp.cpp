#include "grimoire/model/mlp.h"

#include "grimoire/model/config_keys.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

// The notebook's running averages, and its batch variance with n - 1 in the denominator.
constexpr BatchNormOptions kNorm{.momentum = 0.01, .variance = BatchNormVariance::unbiased};

}  // namespace

MlpConfig MlpConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"context"}, {"n_embd"}, {"n_hidden"}, {"batch_norm"}};
  check_config_keys(c, rules);
  return {.vocab_size = config_size(c, "vocab_size"), .context = config_size(c, "context"), .n_embd = config_size(c, "n_embd"),
          .n_hidden = config_size(c, "n_hidden"), .batch_norm = c.boolean("batch_norm", false)};
}

// Braces fix the order of evaluation: each layer draws its weight, then its bias, even one that starts at zero.
Mlp::Mlp(const MlpConfig& c, Rng& rng)
    : config_(c), wte_{"wte", *this, normal_init({c.vocab_size, c.n_embd}, 1.0, rng)},
      hidden_{"hidden", *this, kaiming_normal({c.context * c.n_embd, c.n_hidden}, Gain::tanh, rng),
              c.batch_norm ? no_bias() : normal_init({c.n_hidden}, 0.01, rng)},
      norm_(c.batch_norm ? std::make_unique<BatchNorm>("norm", *this, c.n_hidden, kNorm) : nullptr),
      tanh_("tanh", *this),
      out_{"out", *this, normal_init({c.n_hidden, c.vocab_size}, 0.01, rng), normal_init({c.vocab_size}, 0.0, rng)} {}

Tensor Mlp::logits(const Tensor& tokens, Pass& pass) const {
  GRIM_CHECK(tokens.ndim() == 2 && tokens.dim(1) == config_.context, shape, "mlp", "tokens: got {}, expected (N, {})",
             tokens.shape(), config_.context);
  const Tensor x = flatten(wte_(tokens), 1, 2);  // (N, context * n_embd)
  const Tensor h = norm_ ? tanh_((*norm_)(hidden_(x), pass)) : hidden_(x, Activation::tanh);
  return out_(h);  // (N, V)
}

Json Mlp::config() const {
  return Json::object({{"model_type", "mlp"}, {"vocab_size", config_.vocab_size}, {"context", config_.context},
                       {"n_embd", config_.n_embd}, {"n_hidden", config_.n_hidden}, {"batch_norm", config_.batch_norm}});
}

}  // namespace grim
