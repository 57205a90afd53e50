#include "grimoire/model/tcn.h"

#include "grimoire/base/setting_words.h"
#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr const char* kName = "tcn";
constexpr double kStd = 0.01;  // of the authors' first weights
constexpr int64_t kMostBlocks = 30;

// |v| of each channel that is given, (out, 1, 1).
Tensor lengths(const Tensor& v) { return sqrt(sum(square(v), {1, 2}, KeepDims::yes)); }

}  // namespace

// --- forward -------------------------------------------------------------------------------------------------------

Tcn::NormedConv::NormedConv(const std::string& name, Module& parent, int64_t in, int64_t out, int64_t K, int64_t dilation, Rng& rng)
    : Module(name, parent), options{.dilation = dilation, .padding = Padding::causal}, v(parameter("weight_v", normal_init({out, in, K}, kStd, rng))),
      g(parameter("weight_g", copy(lengths(v)))), bias(parameter("bias", uniform_init({out}, fan_in_bound(in * K), rng))) {}

Tensor Tcn::NormedConv::operator()(const Tensor& x) const { return tapped(*this, conv1d(x, v * (g / lengths(v)), bias, options)); }

Tcn::Block::Block(const std::string& name, Module& parent, int64_t in, int64_t out, int64_t K, int64_t dilation, Rng& rng)
    : Module(name, parent), conv1("conv1", *this, in, out, K, dilation, rng), conv2("conv2", *this, out, out, K, dilation, rng) {
  if (in == out) return;
  around = parameter("around.weight", normal_init({out, in, 1}, kStd, rng));
  around_bias = parameter("around.bias", uniform_init({out}, fan_in_bound(in), rng));
}

Tensor Tcn::Block::operator()(const Tensor& x, double p, Pass& pass) const {
  const Tensor y = dropout(relu(conv2(dropout(relu(conv1(x)), p, pass))), p, pass);
  return tapped(*this, relu(y + (around.defined() ? conv1d(x, around, around_bias) : x)), SiteKind::residual);
}

Tcn::Tcn(const TcnConfig& config, Rng& rng)
    : config_((config.check(), config)), embedding_("embedding", *this, normal_init({config_.vocab_size, config_.n_embd}, kStd, rng)),
      blocks_([&] {
        std::vector<std::unique_ptr<Block>> all;
        for (int64_t i = 0; i < config_.n_layer; ++i)
          all.push_back(std::make_unique<Block>("blocks." + std::to_string(i), *this, i ? config_.width(i - 1) : config_.n_embd, config_.width(i),
                                                config_.kernel_size, int64_t{1} << i, rng));
        return all;
      }()),
      out_("out", *this,
           config_.tied ? std::unique_ptr<Product>(std::make_unique<Tied>(embedding_))
                        : std::make_unique<Dense>(normal_init({config_.n_hidden, config_.vocab_size}, kStd, rng), WeightLayout::in_out),
           zero_bias(config_.vocab_size)) {}

Tensor Tcn::logits(const Tensor& tokens, Pass& pass) const {
  GRIM_CHECK(tokens.ndim() == 2, shape, kName, "tokens: got {}, expected (B, T)", tokens.shape());
  Tensor x = transpose(dropout(embedding_(tokens), config_.embedding_dropout, pass), 1, 2);  // (B, E, T)
  for (const auto& block : blocks_) x = (*block)(x, config_.dropout, pass);                  // (B, C, T)
  return out_(transpose(x, 1, 2));                                                          // (B, T, V)
}

// --- options and config.json -----------------------------------------------------------------------------------------

void TcnConfig::check() const {
  GRIM_CHECK(n_layer <= kMostBlocks, argument, kName, GRIM_SETTING("n-layer") ": got {}, expected at most {}: the last looks back on 2^{} tokens", n_layer,
             kMostBlocks, kMostBlocks);
}

int64_t TcnConfig::looks_back_on() const { return 1 + 2 * (kernel_size - 1) * ((int64_t{1} << n_layer) - 1); }

std::vector<std::string> TcnConfig::warnings() const {
  if (looks_back_on() >= context) return {};
  return {str("the network looks back on {} of {} tokens: more blocks (" GRIM_SETTING("n-layer") ") or a wider kernel (" GRIM_SETTING("kernel-size")
              ") see all", looks_back_on(), context)};
}

Options TcnConfig::options() {
  return {context_option(&context),
          embedding_option(&n_embd),
          hidden_option(&n_hidden),
          {.name = "n-layer", .help = "blocks, each looking twice as far back", .target = &n_layer, .low = 1, .high = static_cast<double>(kMostBlocks)},
          {.name = "kernel-size", .help = "tokens that a convolution sees", .target = &kernel_size, .low = 2, .high = 1 << 10},
          {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99},
          {.name = "embedding-dropout", .help = "likewise, a number of a token's vector", .target = &embedding_dropout, .low = 0, .high = 0.99},
          {.name = "tied", .help = "the output layer is the embedding's table", .target = &tied}};
}

TcnConfig TcnConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"context"}, {"n_embd"}, {"n_hidden"}, {"n_layer"}, {"kernel_size"}, {"dropout"},
                                             {"embedding_dropout"}, {"tied"}};
  check_config_keys(c, rules);
  return {.vocab_size = config_size(c, "vocab_size"), .context = config_size(c, "context"), .n_embd = config_size(c, "n_embd"),
          .n_hidden = config_size(c, "n_hidden"), .n_layer = config_size(c, "n_layer", 1, kMostBlocks),
          .kernel_size = config_size(c, "kernel_size", 2, 1 << 10),
          .dropout = config_rate(c, "dropout", 0), .embedding_dropout = config_rate(c, "embedding_dropout", 0), .tied = c.boolean("tied")};
}

Json TcnConfig::to_json() const {
  return Json::object({{"model_type", kName}, {"vocab_size", vocab_size}, {"context", context}, {"n_embd", n_embd}, {"n_hidden", n_hidden},
                       {"n_layer", n_layer}, {"kernel_size", kernel_size}, {"dropout", dropout}, {"embedding_dropout", embedding_dropout}, {"tied", tied}});
}

ConfigShapes TcnConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, E{{"n_embd"}, n_embd}, C{{tied && n_layer == 1 ? "n_embd" : "n_hidden"}, width(0)};
  return {.layers = {{"blocks.", "n_layer", n_layer}},
          .tensors = {{"embedding.weight", {V, E}}, {"out.bias", {V}}, {"blocks.0.conv1.weight_v", {C, E, {{"kernel_size"}, kernel_size}}}}};
}

double TcnConfig::parameter_count() const {
  double sum = double(vocab_size) * double(n_embd) + double(vocab_size) + (tied ? 0 : double(n_hidden) * double(vocab_size)), in = double(n_embd);
  for (int64_t i = 0; i < n_layer; ++i) {
    const double out = double(width(i)), K = double(kernel_size);
    sum += out * in * K + out * out * K + 4 * out + (in == out ? 0 : out * in + out);
    in = out;
  }
  return sum;
}

Architecture tcn_architecture() {  // their recipe for characters, smaller
  const std::string recipe = R"({"steps": 5000, "batch_size": 32, "lr": 2e-3, "min_lr": 1e-4, "schedule": "cosine", "warmup": 100, "weight_decay": 0.0,
    "decay_all": false, "grad_clip": 1.0, )";
  return architecture<Tcn, TcnConfig>({.name = kName, .summary = "dilated causal convolutions, each block looking twice as far back",
                                       .items_recipe = recipe + R"("context": 0})",
                                       .text_recipe = recipe + R"("context": 128, "n_layer": 5, "split": "90/10/0"})"},
                                      Reading::sequence);
}

}  // namespace grim
