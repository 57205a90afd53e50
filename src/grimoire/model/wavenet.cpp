#include "grimoire/model/wavenet.h"

#include <bit>
#include <cmath>

#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {
constexpr int64_t kFuse = 2;
constexpr BatchNormOptions kNorm{.momentum = 0.1, .variance = BatchNormVariance::unbiased};
}  // namespace

WaveNetConfig WaveNetConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"context"}, {"n_embd"}, {"n_hidden"}};
  check_config_keys(c, rules);
  const int64_t context = config_size(c, "context", kFuse);
  GRIM_CHECK(std::has_single_bit(static_cast<uint64_t>(context)), input, "config", "config.json: key 'context': got {}, expected a power of two", context);
  return {.vocab_size = config_size(c, "vocab_size"), .context = context, .n_embd = config_size(c, "n_embd"),
          .n_hidden = config_size(c, "n_hidden")};
}

WaveNet::Layer::Layer(const std::string& name, Module& parent, int64_t in, int64_t out, Rng& rng)
    : Module(name, parent), linear("linear", *this, kaiming_normal({in, out}, Gain::linear, rng), no_bias()),
      norm("norm", *this, out, kNorm), tanh("tanh", *this) {}

Tensor WaveNet::Layer::operator()(const Tensor& x, Pass& pass) const { return tanh(norm(linear(x), pass)); }

WaveNet::WaveNet(const WaveNetConfig& c, Rng& rng)
    : config_(c), wte_("wte", *this, normal_init({c.vocab_size, c.n_embd}, 1.0, rng)) {
  c.check();
  int64_t width = c.n_embd;
  for (int64_t T = c.context; T > 1; T /= kFuse) {
    layers_.push_back(std::make_unique<Layer>("layers." + std::to_string(layers_.size()), *this, kFuse * width, c.n_hidden, rng));
    width = c.n_hidden;
  }
  out_ = std::make_unique<Linear>("out", *this, normal_init({width, c.vocab_size}, 0.1 / std::sqrt(static_cast<double>(width)), rng),
                                  zero_bias(c.vocab_size));
}

Tensor WaveNet::logits(const Tensor& tokens, Pass& pass) const {
  GRIM_CHECK(tokens.ndim() == 2 && tokens.dim(1) == config_.context, shape, "wavenet", "tokens: got {}, expected (N, {})",
             tokens.shape(), config_.context);
  Tensor x = wte_(tokens);  // (N, T, C)
  for (const auto& layer : layers_) {
    x = reshape(x, {x.dim(0), x.dim(1) / kFuse, kFuse * x.dim(2)});  // neighbours side by side: (N, T/2, 2C)
    x = (*layer)(x, pass);
  }
  return (*out_)(squeeze(x, 1));  // (N, V)
}

Json WaveNet::config() const { return config_.to_json(); }

Json WaveNetConfig::to_json() const {
  return Json::object({{"model_type", "wavenet"}, {"vocab_size", vocab_size}, {"context", context},
                       {"n_embd", n_embd}, {"n_hidden", n_hidden}});
}

Options WaveNetConfig::options() { return {context_option(&context), embedding_option(&n_embd), hidden_option(&n_hidden)}; }

void WaveNetConfig::check() const {
  if (context >= kFuse && std::has_single_bit(static_cast<uint64_t>(context))) return;
  fail(ErrorKind::argument, "wavenet", str("context: got {}, expected a power of two from {}, because neighbours are fused pairwise", context, kFuse),
       context > kFuse ? str("the nearest is {}", int64_t{1} << std::lround(std::log2(static_cast<double>(context)))) : "");
}

ConfigShapes WaveNetConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, E{{"n_embd"}, n_embd}, H{{"n_hidden"}, n_hidden};
  const auto rounds = static_cast<int64_t>(std::bit_width(static_cast<uint64_t>(context))) - 1;
  return {.layers = {{"layers.", "context", rounds}}, .tensors = {{"wte.weight", {V, E}}, {"out.weight", {H, V}}}};
}

double WaveNetConfig::parameter_count() const {
  const double V = double(vocab_size), H = double(n_hidden);
  double width = double(n_embd), sum = V * width;
  for (int64_t T = context; T > 1; T /= kFuse, width = H) sum += kFuse * width * H + 2 * H;
  return sum + width * V + V;
}

double WaveNetConfig::work() const {
  double width = double(n_embd), sum = double(n_hidden) * double(vocab_size);
  for (int64_t pairs = context / kFuse; pairs > 0; pairs /= kFuse, width = double(n_hidden)) sum += kFuse * double(pairs) * width * double(n_hidden);
  return sum;
}

std::vector<SizeAxis> WaveNetConfig::axes() const { return {{"context", kSmallContext}, {"n-embd", kSmallWidth}, {"n-hidden", kSmallWidth, 2}}; }

Architecture wavenet_architecture() {  // makemore part 5
  const std::string recipe = R"({"steps": 200000, "batch_size": 32, "optimizer": "sgd", "lr": 0.1, "schedule": "step",
    "context": 8, "n_embd": 24, "n_hidden": 128})";
  return architecture<WaveNet, WaveNetConfig>({.name = "wavenet", .summary = "neighbours fused pairwise, layer by layer",
                                               .items_recipe = recipe, .text_recipe = recipe}, Reading::window);
}

}  // namespace grim
