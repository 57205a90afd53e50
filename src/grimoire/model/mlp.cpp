#include "grimoire/model/mlp.h"

#include <cmath>

#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

// The notebook's running averages, and its batch variance with n - 1 in the denominator.
constexpr BatchNormOptions kNorm{.momentum = 0.01, .variance = BatchNormVariance::unbiased};

double gain(const MlpConfig& c) { return c.gain > 0 ? c.gain : gain_of(Gain::tanh); }
double last_deviation(const MlpConfig& c) {
  if (c.last_scale == 0 && c.n_layer == 1) return 0.01;
  return (c.last_scale > 0 ? c.last_scale : 0.1) / std::sqrt(static_cast<double>(c.n_hidden));
}
Tensor hidden_bias(const MlpConfig& c, Rng& rng) {
  if (c.batch_norm) return no_bias();
  return c.n_layer == 1 ? normal_init({c.n_hidden}, 0.01, rng) : zero_bias(c.n_hidden);
}
Tensor last_bias(const MlpConfig& c, Rng& rng) { return c.n_layer == 1 ? normal_init({c.vocab_size}, 0.0, rng) : zero_bias(c.vocab_size); }

std::unique_ptr<BatchNorm> make_norm(Module& parent, const MlpConfig& c) {
  return c.batch_norm ? std::make_unique<BatchNorm>("norm", parent, c.n_hidden, kNorm) : nullptr;
}

Tensor hidden_layer(const Linear& linear, const BatchNorm* norm, const Tanh& tanh, const Tensor& x, Pass& pass) {
  return norm ? tanh((*norm)(linear(x), pass)) : linear(x, Activation::tanh);
}

double positive(const Json& c, const char* key) {
  const double value = c.real(key, 0.0);
  GRIM_CHECK(value >= 0 && std::isfinite(value), input, "config", "config.json: key '{}': got {}, expected 0 (the usual start) or more", key, value);
  return value;
}

}  // namespace

MlpConfig MlpConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"context"}, {"n_embd"},        {"n_hidden"},
                                             {"batch_norm"}, {"n_layer"}, {"grimoire_gain"}, {"grimoire_last_scale"}};
  check_config_keys(c, rules);
  return {.vocab_size = config_size(c, "vocab_size"), .context = config_size(c, "context"), .n_embd = config_size(c, "n_embd"),
          .n_hidden = config_size(c, "n_hidden"), .batch_norm = c.boolean("batch_norm", false),
          .n_layer = c.find("n_layer") ? config_size(c, "n_layer", 1, 1 << 16) : 1,
          .gain = positive(c, "grimoire_gain"), .last_scale = positive(c, "grimoire_last_scale")};
}

Mlp::Layer::Layer(const std::string& name, Module& parent, const MlpConfig& c, Rng& rng)
    : Module(name, parent), linear{"linear", *this, kaiming_normal({c.n_hidden, c.n_hidden}, gain(c), rng), hidden_bias(c, rng)},
      norm(make_norm(*this, c)), tanh("tanh", *this) {}

Tensor Mlp::Layer::operator()(const Tensor& x, Pass& pass) const { return hidden_layer(linear, norm.get(), tanh, x, pass); }

std::vector<std::unique_ptr<Mlp::Layer>> Mlp::make_deeper(Module& parent, const MlpConfig& c, Rng& rng) {
  std::vector<std::unique_ptr<Layer>> layers;
  for (int64_t i = 1; i < c.n_layer; ++i) layers.push_back(std::make_unique<Layer>(str("layers.{}", i), parent, c, rng));
  return layers;
}

// Braces fix the order of evaluation: each layer draws its weight, then its bias; over one hidden layer even one that starts at zero.
Mlp::Mlp(const MlpConfig& c, Rng& rng)
    : config_(c), wte_{"wte", *this, normal_init({c.vocab_size, c.n_embd}, 1.0, rng)},
      hidden_{"hidden", *this, kaiming_normal({c.context * c.n_embd, c.n_hidden}, gain(c), rng), hidden_bias(c, rng)},
      norm_(make_norm(*this, c)), tanh_("tanh", *this), deeper_(make_deeper(*this, c, rng)),
      out_{"out", *this, normal_init({c.n_hidden, c.vocab_size}, last_deviation(c), rng), last_bias(c, rng)} {}

Tensor Mlp::logits(const Tensor& tokens, Pass& pass) const {
  GRIM_CHECK(tokens.ndim() == 2 && tokens.dim(1) == config_.context, shape, "mlp", "tokens: got {}, expected (N, {})",
             tokens.shape(), config_.context);
  const Tensor x = flatten(wte_(tokens), 1, 2);  // (N, context * n_embd)
  Tensor h = hidden_layer(hidden_, norm_.get(), tanh_, x, pass);
  for (const auto& layer : deeper_) h = (*layer)(h, pass);
  return out_(h);  // (N, V)
}

Json Mlp::config() const { return config_.to_json(); }

Json MlpConfig::to_json() const {
  Json j = Json::object({{"model_type", "mlp"}, {"vocab_size", vocab_size}, {"context", context},
                         {"n_embd", n_embd}, {"n_hidden", n_hidden}, {"batch_norm", batch_norm}});
  if (n_layer > 1) j.set("n_layer", n_layer);
  if (gain > 0) j.set("grimoire_gain", gain);
  if (last_scale > 0) j.set("grimoire_last_scale", last_scale);
  return j;
}

Options MlpConfig::options() {
  return {context_option(&context),
          embedding_option(&n_embd),
          hidden_option(&n_hidden),
          layers_option(&n_layer),
          {.name = "batch-norm", .help = "BatchNorm before each hidden layer's tanh", .target = &batch_norm},
          {.name = "gain", .help = "hidden weights start at gain / sqrt(inputs); 0 takes tanh's 5/3", .target = &gain, .low = 0, .high = 1000,
           .without = {"init-from"}},
          {.name = "last-scale", .help = "last weights start at this / sqrt(inputs); 0 takes the recipe's", .target = &last_scale, .low = 0, .high = 1000,
           .without = {"init-from"}}};
}

ConfigShapes MlpConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, E{{"n_embd"}, n_embd}, H{{"n_hidden"}, n_hidden};
  return {.layers = {{"layers.", "n_layer", n_layer - 1}},
          .tensors = {{"wte.weight", {V, E}}, {"hidden.weight", {{{"context", "n_embd"}, context * n_embd}, H}}, {"out.weight", {H, V}}},
          .presence = {{"norm.weight", "batch_norm", batch_norm}}};
}

double MlpConfig::parameter_count() const {
  const double V = double(vocab_size), E = double(n_embd), H = double(n_hidden);
  const double beside = batch_norm ? 2 * H : H;  // of each hidden layer: its norm, or its bias
  return V * E + double(context) * E * H + beside + double(n_layer - 1) * (H * H + beside) + H * V + V;
}

std::vector<SizeAxis> MlpConfig::axes() const {
  return {{"n-layer", kFewLayers}, {"n-embd", kSmallWidth}, {"n-hidden", kSmallWidth, 2}, {"context", kSmallContext}};
}

Architecture mlp_architecture() {  // makemore part 3
  const std::string recipe = R"({"steps": 200000, "batch_size": 32, "optimizer": "sgd", "lr": 0.1, "schedule": "step",
    "context": 3, "n_embd": 10, "n_hidden": 200})";
  return architecture<Mlp, MlpConfig>({.name = "mlp", .summary = "Bengio's feed-forward network over a window of embeddings",
                                       .items_recipe = recipe, .text_recipe = recipe}, Reading::window);
}

}  // namespace grim
