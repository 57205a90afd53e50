#include "grimoire/model/recurrent.h"

#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/nn/init.h"

namespace grim {
namespace {
constexpr const char* kModelTypes[] = {"rnn", "gru", "lstm"};       // in the order of Cell
constexpr const char* kBeforeLayer[] = {"rnn.l", "gru.l", "lstm.l"};  // in the same
const char* type_of(Cell cell) { return kModelTypes[static_cast<size_t>(cell)]; }
}  // namespace

RecurrentConfig RecurrentConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"context"}, {"n_embd"}, {"n_hidden"}, {"n_layer"}};
  check_config_keys(c, rules);
  return {.cell = model_type_in<Cell>(c, kModelTypes),
          .vocab_size = config_size(c, "vocab_size"), .context = config_size(c, "context"), .n_embd = config_size(c, "n_embd"),
          .n_hidden = config_size(c, "n_hidden"), .n_layer = c.find("n_layer") ? config_size(c, "n_layer", 1, 1 << 16) : 1};
}

Recurrent::Recurrent(const RecurrentConfig& c, Rng& rng)
    : config_(c), wte_{"wte", *this, normal_init({c.vocab_size, c.n_embd}, 1.0, rng)},
      stack_{type_of(c.cell), *this, {.cell = c.cell, .in = c.n_embd, .hidden = c.n_hidden, .layers = c.n_layer}, rng},
      out_{"out", *this, xavier_uniform({c.n_hidden, c.vocab_size}, Gain::linear, rng), zero_bias(c.vocab_size)} {}

Tensor Recurrent::logits(const Tensor& tokens, Pass&) const {
  GRIM_CHECK(tokens.ndim() == 2, shape, type_of(config_.cell), "tokens: got {}, expected (B, T)", tokens.shape());
  return out_(stack_(wte_(tokens)));  // (B, T, V)
}

Json Recurrent::config() const { return config_.to_json(); }

Json RecurrentConfig::to_json() const {
  return Json::object({{"model_type", type_of(cell)}, {"vocab_size", vocab_size}, {"context", context},
                       {"n_embd", n_embd}, {"n_hidden", n_hidden}, {"n_layer", n_layer}});
}

Options RecurrentConfig::options() {
  return {context_option(&context), embedding_option(&n_embd), hidden_option(&n_hidden), layers_option(&n_layer)};
}

ConfigShapes RecurrentConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, E{{"n_embd"}, n_embd}, H{{"n_hidden"}, n_hidden};
  return {.layers = {{kBeforeLayer[static_cast<size_t>(cell)], "n_layer", n_layer}},
          .tensors = {{"wte.weight", {V, E}}, {"out.weight", {H, V}}}};
}

double RecurrentConfig::parameter_count() const {
  const double V = double(vocab_size), H = double(n_hidden), gates = double(gate_count(cell));
  const auto layer = [&](double in) { return gates * (in * H + H * H + 2 * H); };
  return V * double(n_embd) + layer(double(n_embd)) + double(n_layer - 1) * layer(H) + H * V + V;
}

std::vector<SizeAxis> RecurrentConfig::axes() const {
  return {{"context", kSmallContext}, {"n-layer", kFewLayers}, {"n-embd", kSmallWidth}, {"n-hidden", kSmallWidth, 2}};
}

namespace {
Architecture recurrent_architecture(Cell cell, const char* summary) {  // makemore.py
  return architecture<Recurrent, RecurrentConfig>(
      {.name = type_of(cell), .summary = summary,
       .items_recipe = R"({"steps": 10000, "batch_size": 32, "context": 0, "n_embd": 64, "n_hidden": 64})",
       .text_recipe = R"({"steps": 10000, "batch_size": 32, "context": 64, "n_embd": 64, "n_hidden": 64, "split": "90/10/0"})"},
      Reading::sequence, {.cell = cell});
}
}  // namespace

Architecture rnn_architecture() { return recurrent_architecture(Cell::rnn, "a recurrent network of tanh units"); }
Architecture gru_architecture() { return recurrent_architecture(Cell::gru, "a recurrent network of gated units"); }
Architecture lstm_architecture() { return recurrent_architecture(Cell::lstm, "long short-term memory"); }

}  // namespace grim
