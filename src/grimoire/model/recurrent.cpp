#include "grimoire/model/recurrent.h"

#include "grimoire/model/config_keys.h"
#include "grimoire/nn/init.h"

namespace grim {
namespace {
const char* type_of(Cell cell) { return cell == Cell::rnn ? "rnn" : cell == Cell::gru ? "gru" : "lstm"; }
}  // namespace

RecurrentConfig RecurrentConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"context"}, {"n_embd"}, {"n_hidden"}, {"n_layer"}};
  check_config_keys(c, rules);
  const std::string& type = c.text("model_type");
  return {.cell = type == "rnn" ? Cell::rnn : type == "gru" ? Cell::gru : Cell::lstm,
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

Json Recurrent::config() const {
  return Json::object({{"model_type", type_of(config_.cell)}, {"vocab_size", config_.vocab_size}, {"context", config_.context},
                       {"n_embd", config_.n_embd}, {"n_hidden", config_.n_hidden}, {"n_layer", config_.n_layer}});
}

}  // namespace grim
