#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/model/common_options.h"
#include "grimoire/model/recurrent_memory.h"
#include "grimoire/model/rnn_attention.h"

namespace grim {
namespace {
constexpr const char* kName = "rnn-attention";
constexpr const char* kScores[] = {"additive", "dot", "general", "concat"};  // in the order of AlignmentScore
}  // namespace

void RnnAttentionConfig::check() const {
  GRIM_CHECK(attention != AlignmentScore::dot || memory() == n_hidden, argument, kName,
             GRIM_SETTING("attention=dot") " multiplies states as they are: got {} both ways of the encoder and {} of the decoder, expected one width",
             memory(), n_hidden);
}

Options RnnAttentionConfig::options() {
  return {{.name = "attention", .help = "how states are compared: additive is Bahdanau's; dot, general and concat are Luong's", .target = by_choice(&attention),
           .choices = {std::begin(kScores), std::end(kScores)}},
          cell_option(&cell),
          {.name = "context", .help = "tokens of the longest text", .target = &context, .low = 1, .high = 1 << 24},
          embedding_option(&n_embd),
          hidden_option(&n_hidden),
          {.name = "n-encoder-hidden", .help = "width of the encoder, each way; 0: that of the hidden layer, of dot half of it", .target = &n_encoder_hidden,
           .low = 0, .high = 1 << 20},
          {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99}};
}

RnnAttentionConfig RnnAttentionConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = WriterTokens::with_rules(
      {{"cell"}, {"attention"}, {"vocab_size"}, {"source_vocab_size"}, {"context"}, {"n_embd"}, {"n_hidden"}, {"n_encoder_hidden"}, {"dropout"}});
  check_config_keys(c, rules);
  const auto* const score = std::find(std::begin(kScores), std::end(kScores), c.text("attention"));
  GRIM_CHECK(score != std::end(kScores), input, "config", "config.json: key 'attention': got '{}', expected additive, dot, general or concat",
             c.text("attention"));
  const int64_t V = config_size(c, "vocab_size");
  RnnAttentionConfig config{.cell = cell_in(c), .attention = static_cast<AlignmentScore>(score - std::begin(kScores)), .vocab_size = V,
                            .source_vocab_size = config_size(c, "source_vocab_size"), .context = config_size(c, "context"),
                            .n_embd = config_size(c, "n_embd"), .n_hidden = config_size(c, "n_hidden"),
                            .n_encoder_hidden = config_size(c, "n_encoder_hidden"), .dropout = config_rate(c, "dropout", 0),
                            .tokens = WriterTokens::from_json(c, V)};
  if (config.source_vocab_size == V) config.source_vocab_size = 0;
  return config;
}

Json RnnAttentionConfig::to_json() const {
  Json json = Json::object({{"model_type", kName}, {"cell", name_of(cell)}, {"attention", kScores[static_cast<size_t>(attention)]},
                            {"vocab_size", vocab_size}, {"source_vocab_size", source_vocabulary(source_vocab_size, vocab_size)}, {"context", context},
                            {"n_embd", n_embd}, {"n_hidden", n_hidden}, {"n_encoder_hidden", encoder_hidden()}, {"dropout", dropout}});
  tokens.add_to(json);
  return json;
}

ConfigShapes RnnAttentionConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, S{{"source_vocab_size"}, source_vocabulary(source_vocab_size, vocab_size)}, E{{"n_embd"}, n_embd},
      C{{"n_hidden"}, n_hidden}, G{{"n_encoder_hidden"}, gate_count(cell) * encoder_hidden()};
  return {.tensors = {{"encoder.embedding.weight", {S, E}}, {"decoder.embedding.weight", {V, E}}, {"decoder.out.bias", {V}}, {"decoder.bridge.bias", {C}},
                      {"encoder.rnn.l0.bias_hh", {G}}}};
}

double RnnAttentionConfig::parameter_count() const {
  const double V = double(vocab_size), S = double(source_vocabulary(source_vocab_size, vocab_size)), E = double(n_embd), C = double(n_hidden),
               H = double(encoder_hidden()), D = double(memory()), gates = double(gate_count(cell));
  const auto recurrent = [gates](double in, double out) { return gates * (in * out + out * out + 2 * out); };
  const double compared = compares_by_network() ? C * C + D * C + C + C : attention == AlignmentScore::general ? D * C : 0;
  const double read_in = E + (looks_first() ? D : C), read_out = C + (looks_first() ? D + E : 0), joined = looks_first() ? 0 : (D + C) * C;
  return (S + V) * E + 2 * recurrent(E, H) + D * C + C + compared + joined + recurrent(read_in, C) + read_out * V + V;
}

Architecture rnn_attention_architecture() {
  return architecture<RnnAttention, RnnAttentionConfig>(
      {.name = kName, .summary = "recurrent encoder and decoder that looks back at the source", .task = "seq2seq", .items_recipe = kWriterRecipe,
       .text_recipe = kWriterRecipe}, Reading::sequence);
}

}  // namespace grim
