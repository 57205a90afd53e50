#include "grimoire/model/conv_seq2seq.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/setting_words.h"
#include "grimoire/model/common_options.h"
#include "grimoire/nn/attention.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/packed_windows.h"
#include "grimoire/nn/recompute.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

constexpr const char* kName = "conv-seq2seq";
const double kHalf = std::sqrt(0.5);  // of a sum of two, that its variance is that of one

// a sigmoid(b) of y = [a; b] (Dauphin et al. 2017, equation 1).
Tensor glu(const Tensor& y) {
  const std::vector<Tensor> halves = chunk(y, -1, 2);
  return halves[0] * sigmoid(halves[1]);
}

Tensor heads(const Tensor& x) { return unsqueeze(unsqueeze(x, 0), 0); }  // (N, E) -> (1, 1, N, E): one head

}  // namespace

// --- forward -------------------------------------------------------------------------------------------------------

ConvSeq2Seq::Side::Side(const std::string& name, Module& parent, const ConvSeq2SeqConfig& c, int64_t vocabulary, Rng& rng)
    : Module(name, parent), embedding("embedding", *this, normal_init({vocabulary, c.n_embd}, 0.1, rng)),  // section 3.5
      positions("positions", *this, normal_init({c.context, c.n_embd}, 0.1, rng)), in("in", *this, c.n_embd, c.n_hidden, rng),
      out("out", *this, c.n_hidden, c.n_embd, rng) {
  for (int64_t i = 0; i < c.n_layer; ++i)
    convs.push_back(std::make_unique<Linear>("convs." + std::to_string(i), *this, c.kernel_size * c.n_hidden, 2 * c.n_hidden, rng));
}

Tensor ConvSeq2Seq::Side::words(const TokenBatch& texts, int64_t past, const ConvSeq2SeqConfig& c, Pass& pass) const {
  GRIM_CHECK(past + texts.longest() <= c.context, shape, kName, "a text of {} tokens, expected at most {}", past + texts.longest(), c.context);
  const Tensor places = texts.places() + Tensor::full({1}, static_cast<double>(past), Dtype::i64);
  return dropout(embedding(texts.ids) + positions(places), c.dropout, pass);
}

ConvSeq2Seq::Decoder::Decoder(Module& parent, const ConvSeq2SeqConfig& c, Rng& rng)
    : Side("decoder", parent, c, c.vocab_size, rng), query("query", *this, c.n_hidden, c.n_embd, rng), attended("attended", *this, c.n_embd, c.n_hidden, rng) {}

// Equations 1 and 2: a query of the layer's state and the word last written; scores are not scaled.
Tensor ConvSeq2Seq::Decoder::look(const Tensor& y, const Tensor& words, const SourceMemory& memory, const std::vector<int64_t>& queries) const {
  const Tensor q = (query(y) + words) * kHalf;  // (M, E)
  const std::vector<Tensor> source = chunk(memory.hidden, 1, 2);
  const Tensor taken = attend(*this, heads(q), heads(source[0]), heads(source[1]), {.scale = 1, .offsets = queries, .key_offsets = memory.offsets});
  return attended(reshape(taken, q.shape()));
}

ConvSeq2Seq::ConvSeq2Seq(const ConvSeq2SeqConfig& config, Rng& rng)
    : config_((config.check(), config)), encoder_("encoder", *this, config_, source_vocabulary(config_.source_vocab_size, config_.vocab_size), rng),
      decoder_(*this, config_, rng), out_("out", *this, config_.n_embd, config_.vocab_size, rng) {}

SourceMemory ConvSeq2Seq::read(const TokenBatch& sources, Pass& pass) const {
  const Tensor words = encoder_.words(sources, 0, config_, pass);  // (N, E)
  Tensor x = encoder_.in(words);                                   // (N, C)
  for (const auto& conv : encoder_.convs)
    x = recomputed(pass, [this, &conv = *conv, x, offsets = sources.offsets](Pass& p) {
      const Tensor y = glu(conv(packed_windows(dropout(x, config_.dropout, p), offsets, config_.kernel_size, WindowPlace::around)));
      return tapped(conv, (y + x) * kHalf, SiteKind::residual);
    });
  const Tensor keys = encoder_.out(x);                                         // (N, E)
  return {concat({keys, (keys + words) * kHalf}, 1), sources.offsets};
}

Tensor ConvSeq2Seq::seen(const Tensor& x, const TokenBatch& targets, int64_t layer, Pass& pass) const {
  const int64_t K = config_.kernel_size, C = config_.n_hidden;
  if (!pass.cache) return packed_windows(x, targets.offsets, K, WindowPlace::before);
  const int64_t B = targets.texts(), T = targets.longest();
  const Tensor now = reshape(x, {B, 1, T, C}), all = pass.cache->extend(layer, now, now).v;  // (B, 1, past + T, C)
  const int64_t S = all.dim(2), length = std::min(S, T + K - 1);
  std::vector<int64_t> offsets = {0};
  for (int64_t i = 1; i <= B; ++i) offsets.push_back(i * length);
  const Tensor windows = packed_windows(reshape(slice(all, 2, S - length, S), {B * length, C}), offsets, K, WindowPlace::before);
  return reshape(slice(reshape(windows, {B, length, K * C}), 1, length - T, length), {B * T, K * C});
}

Tensor ConvSeq2Seq::written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const {
  const std::vector<int64_t> queries = by_source(targets, memory, pass);
  const int64_t texts = targets.texts();
  GRIM_CHECK(!pass.cache || targets.tokens() == texts * targets.longest(), shape, kName, "{} tokens for {} texts: with a cache, expected as many for each",
             targets.tokens(), texts);
  const Tensor words = decoder_.words(targets, pass.cache ? pass.cache->past() : 0, config_, pass);  // (M, E)
  Tensor x = decoder_.in(words);                                                                     // (M, C)
  for (size_t i = 0; i < decoder_.convs.size(); ++i)
    x = recomputed(pass, [=, this, &conv = *decoder_.convs[i]](Pass& p) {
      Tensor y = glu(conv(seen(dropout(x, config_.dropout, p), targets, static_cast<int64_t>(i), p)));
      y = (y + decoder_.look(y, words, memory, queries)) * kHalf;
      return tapped(conv, (y + x) * kHalf, SiteKind::residual);
    });
  return dropout(decoder_.out(x), config_.dropout, pass);  // (M, E)
}

std::unique_ptr<DecodeCache> ConvSeq2Seq::decode_cache() const { return std::make_unique<DecodeCache>(config_.n_layer, config_.context); }

// --- options and config.json -----------------------------------------------------------------------------------------

void ConvSeq2SeqConfig::check() const {
  GRIM_CHECK(kernel_size % 2 == 1, argument, kName, GRIM_SETTING("kernel-size") ": got {}, expected an odd number, with as many tokens on either side",
             kernel_size);
}

Options ConvSeq2SeqConfig::options() {
  return {{.name = "context", .help = "tokens of the longest text", .target = &context, .low = 1, .high = 1 << 24},
          embedding_option(&n_embd),
          hidden_option(&n_hidden),
          layers_option(&n_layer),
          {.name = "kernel-size", .help = "tokens that a layer sees at once; odd", .target = &kernel_size, .low = 1, .high = 1 << 10},
          {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99}};
}

ConvSeq2SeqConfig ConvSeq2SeqConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = WriterTokens::with_rules(
      {{"vocab_size"}, {"source_vocab_size"}, {"context"}, {"n_embd"}, {"n_hidden"}, {"n_layer"}, {"kernel_size"}, {"dropout"}});
  check_config_keys(c, rules);
  const int64_t V = config_size(c, "vocab_size");
  ConvSeq2SeqConfig config{.vocab_size = V, .source_vocab_size = config_size(c, "source_vocab_size"), .context = config_size(c, "context"),
                           .n_embd = config_size(c, "n_embd"), .n_hidden = config_size(c, "n_hidden"), .n_layer = config_size(c, "n_layer", 1, 1 << 16),
                           .kernel_size = config_size(c, "kernel_size", 1, 1 << 10), .dropout = config_rate(c, "dropout", 0),
                           .tokens = WriterTokens::from_json(c, V)};
  GRIM_CHECK(config.kernel_size % 2 == 1, input, "config", "config.json: key 'kernel_size': got {}, expected an odd number", config.kernel_size);
  if (config.source_vocab_size == V) config.source_vocab_size = 0;
  return config;
}

Json ConvSeq2SeqConfig::to_json() const {
  Json json = Json::object({{"model_type", kName}, {"vocab_size", vocab_size}, {"source_vocab_size", source_vocabulary(source_vocab_size, vocab_size)},
                            {"context", context}, {"n_embd", n_embd}, {"n_hidden", n_hidden}, {"n_layer", n_layer}, {"kernel_size", kernel_size},
                            {"dropout", dropout}});
  tokens.add_to(json);
  return json;
}

ConfigShapes ConvSeq2SeqConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, S{{"source_vocab_size"}, source_vocabulary(source_vocab_size, vocab_size)}, E{{"n_embd"}, n_embd},
      C{{"n_hidden"}, n_hidden}, T{{"context"}, context}, W{{"kernel_size", "n_hidden"}, kernel_size * n_hidden};
  return {.layers = {{"encoder.convs.", "n_layer", n_layer}, {"decoder.convs.", "n_layer", n_layer}},
          .tensors = {{"encoder.embedding.weight", {S, E}}, {"decoder.embedding.weight", {V, E}}, {"encoder.positions.weight", {T, E}},
                      {"encoder.in.weight", {E, C}}, {"encoder.convs.0.weight", {W, {{"n_hidden"}, 2 * n_hidden}}}}};
}

double ConvSeq2SeqConfig::parameter_count() const {
  const double V = double(vocab_size), S = double(source_vocabulary(source_vocab_size, vocab_size)), E = double(n_embd), C = double(n_hidden);
  const double bridge = E * C + C + C * E + E;  // in and out of the layers
  const double side = double(context) * E + bridge + double(n_layer) * (double(kernel_size) * C * 2 * C + 2 * C);
  return (S + V) * E + 2 * side + bridge + E * V + V;
}

Architecture conv_seq2seq_architecture() {
  return architecture<ConvSeq2Seq, ConvSeq2SeqConfig>(
      {.name = kName, .summary = "gated convolutions on both sides, attention in each layer", .task = "seq2seq", .items_recipe = kWriterRecipe,
       .text_recipe = kWriterRecipe}, Reading::sequence);
}

}  // namespace grim
