#include "grimoire/model/rnn_seq2seq.h"

#include "grimoire/base/setting_words.h"
#include "grimoire/model/common_options.h"
#include "grimoire/model/recurrent_memory.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {
constexpr const char* kName = "rnn-seq2seq";
}  // namespace

// --- forward -------------------------------------------------------------------------------------------------------

RnnSeq2Seq::Side::Side(const std::string& name, Module& parent, const RnnSeq2SeqConfig& c, int64_t vocabulary, int64_t context_width, Rng& rng)
    : Module(name, parent), embedding("embedding", *this, vocabulary, c.n_embd, rng),
      rnn("rnn", *this, {.cell = c.cell, .in = c.n_embd + context_width, .hidden = c.n_hidden, .layers = c.n_layer, .dropout = c.dropout}, rng) {}

RnnSeq2Seq::RnnSeq2Seq(const RnnSeq2SeqConfig& config, Rng& rng)
    : config_((config.check(), config)), encoder_("encoder", *this, config_, source_vocabulary(config_.source_vocab_size, config_.vocab_size), 0, rng),
      decoder_("decoder", *this, config_, config_.vocab_size, config_.every_step ? config_.n_hidden : 0, rng),
      out_("out", *this, config_.n_hidden + (config_.every_step ? config_.n_embd + config_.n_hidden : 0), config_.vocab_size, rng) {}

SourceMemory RnnSeq2Seq::read(const TokenBatch& sources, Pass& pass) const {
  const PackedSteps steps(sources.offsets);
  const Tensor ids = config_.reverse_source ? index_select(sources.ids, 0, index_select(steps.backwards.rows, 0, steps.forwards.place)) : sources.ids;
  const Tensor x = dropout(encoder_.embedding(ids), config_.dropout, pass);  // (N, E)
  std::vector<RecurrentState> states;
  encoder_.rnn.packed(x, steps, states, pass);
  std::vector<Tensor> parts;
  for (const RecurrentState& s : states) parts.push_back(s.h);
  for (const RecurrentState& s : states)
    if (s.c.defined()) parts.push_back(s.c);
  SourceMemory memory{parts.size() > 1 ? concat(parts, 1) : parts[0], {}};  // (S, L C) or (S, 2 L C)
  for (int64_t i = 0; i <= sources.texts(); ++i) memory.offsets.push_back(i);
  return memory;
}

// What the decoder begins with, for each text that of its source.
std::vector<RecurrentState> RnnSeq2Seq::first_states(const SourceMemory& memory, const Tensor& texts) const {
  const Tensor all = index_select(memory.hidden, 0, texts);
  const int64_t C = config_.n_hidden, L = config_.n_layer;
  std::vector<RecurrentState> states;
  for (int64_t i = 0; i < L; ++i)
    states.push_back({slice(all, 1, i * C, (i + 1) * C), config_.cell == Cell::lstm ? slice(all, 1, (L + i) * C, (L + i + 1) * C) : Tensor()});
  return states;
}

Tensor RnnSeq2Seq::written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const {
  const Tensor source = runs_of(by_source(targets, memory, pass));  // (M,): which source each token is written from
  const Tensor words = dropout(decoder_.embedding(targets.ids), config_.dropout, pass);  // (M, E)
  const Tensor context = config_.every_step ? index_select(memory.hidden, 0, source) : Tensor();
  const Tensor x = context.defined() ? concat({words, context}, 1) : words;
  const Tensor texts = index_select(source, 0, targets.firsts());  // of each text
  Tensor h;                                                        // (M, C)
  if (pass.cache) {
    const int64_t B = targets.texts(), T = targets.longest();
    GRIM_CHECK(targets.tokens() == B * T, shape, kName, "{} tokens for {} texts: with a cache, expected as many for each", targets.tokens(), B);
    h = reshape(run_on(decoder_.rnn, reshape(x, {B, T, x.dim(1)}), *pass.cache, first_states(memory, texts)), {B * T, config_.n_hidden});
  } else {
    std::vector<RecurrentState> states = first_states(memory, texts);
    h = decoder_.rnn.packed(x, PackedSteps(targets.offsets), states, pass);
  }
  return context.defined() ? concat({words, h, context}, 1) : h;
}

std::unique_ptr<DecodeCache> RnnSeq2Seq::decode_cache() const { return std::make_unique<DecodeCache>(config_.n_layer, config_.context); }

// --- options and config.json -----------------------------------------------------------------------------------------

void RnnSeq2SeqConfig::check() const {
  GRIM_CHECK(!every_step || (n_layer == 1 && cell != Cell::lstm), argument, kName,
             GRIM_SETTING("every-step") " hands on one state: got {} layers of {}, expected 1 of gru or rnn", n_layer, name_of(cell));
}

Options RnnSeq2SeqConfig::options() {
  return {cell_option(&cell),
          {.name = "context", .help = "tokens of the longest text", .target = &context, .low = 1, .high = 1 << 24},
          embedding_option(&n_embd),
          hidden_option(&n_hidden),
          layers_option(&n_layer),
          {.name = "every-step", .help = "the decoder reads the source's vector beside each token, not only first", .target = &every_step,
           .without = {"cell=lstm"}},
          {.name = "reverse-source", .help = "read the source from its end", .target = &reverse_source},
          {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99}};
}

RnnSeq2SeqConfig RnnSeq2SeqConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules =
      WriterTokens::with_rules({{"cell"}, {"vocab_size"}, {"source_vocab_size"}, {"context"}, {"n_embd"}, {"n_hidden"}, {"n_layer"}, {"dropout"},
                                {"every_step"}, {"reverse_source"}});
  check_config_keys(c, rules);
  const int64_t V = config_size(c, "vocab_size");
  RnnSeq2SeqConfig config{.cell = cell_in(c), .vocab_size = V, .source_vocab_size = config_size(c, "source_vocab_size"),
                          .context = config_size(c, "context"), .n_embd = config_size(c, "n_embd"), .n_hidden = config_size(c, "n_hidden"),
                          .n_layer = config_size(c, "n_layer", 1, 1 << 16), .dropout = config_rate(c, "dropout", 0),
                          .every_step = c.boolean("every_step", false), .reverse_source = c.boolean("reverse_source", false),
                          .tokens = WriterTokens::from_json(c, V)};
  if (config.source_vocab_size == V) config.source_vocab_size = 0;
  return config;
}

Json RnnSeq2SeqConfig::to_json() const {
  Json json = Json::object({{"model_type", kName}, {"cell", name_of(cell)}, {"vocab_size", vocab_size},
                            {"source_vocab_size", source_vocabulary(source_vocab_size, vocab_size)}, {"context", context}, {"n_embd", n_embd},
                            {"n_hidden", n_hidden}, {"n_layer", n_layer}, {"dropout", dropout}, {"every_step", every_step},
                            {"reverse_source", reverse_source}});
  tokens.add_to(json);
  return json;
}

ConfigShapes RnnSeq2SeqConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, S{{"source_vocab_size"}, source_vocabulary(source_vocab_size, vocab_size)}, E{{"n_embd"}, n_embd},
      G{{"n_hidden"}, gate_count(cell) * n_hidden};
  return {.layers = {{"encoder.rnn.l", "n_layer", n_layer}, {"decoder.rnn.l", "n_layer", n_layer}},
          .tensors = {{"encoder.embedding.weight", {S, E}}, {"decoder.embedding.weight", {V, E}}, {"out.bias", {V}},
                      {"encoder.rnn.l0.bias_hh", {G}}}};
}

double RnnSeq2SeqConfig::parameter_count() const {
  const double V = double(vocab_size), S = double(source_vocabulary(source_vocab_size, vocab_size)), E = double(n_embd), C = double(n_hidden);
  const double vector = every_step ? C : 0, read_out = C + (every_step ? E + C : 0), gates = double(gate_count(cell));
  const auto layer = [&](double in) { return gates * (in * C + C * C + 2 * C); };
  return (S + V) * E + layer(E) + layer(E + vector) + 2 * double(n_layer - 1) * layer(C) + read_out * V + V;
}

Architecture rnn_seq2seq_architecture() {
  return architecture<RnnSeq2Seq, RnnSeq2SeqConfig>(
      {.name = kName, .summary = "recurrent encoder and decoder, the source in one vector", .task = "seq2seq", .items_recipe = kWriterRecipe,
       .text_recipe = kWriterRecipe}, Reading::sequence);
}

}  // namespace grim
