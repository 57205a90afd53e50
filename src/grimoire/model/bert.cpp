#include "grimoire/model/bert.h"

#include <algorithm>
#include <map>
#include <span>

#include "grimoire/model/config_keys.h"
#include "grimoire/model/label_keys.h"
#include "grimoire/model/weights.h"
#include "grimoire/nn/attention.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/init.h"
#include "grimoire/nn/packed_mean.h"
#include "grimoire/nn/recompute.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"

namespace grim {

struct BertNames {
  std::string body, layers;  // "bert", "encoder.layer."
  std::string query, key, value, attention_out, attention_norm, inner, out, out_norm;
  std::string transform, transform_norm, decoder;  // masked
};

namespace {

BertNames like_bert(const char* body, const char* transform, const char* transform_norm, const char* decoder) {
  return {body, "encoder.layer.", "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
          "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm", transform, transform_norm, decoder};
}

const BertNames& names_of(const BertConfig& c) {
  static const BertNames kNames[] = {  // in the order of BertKind
      like_bert("bert", "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions"),
      like_bert("roberta", "lm_head.dense", "lm_head.layer_norm", "lm_head"),
      {"distilbert", "transformer.layer.", "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1",
       "ffn.lin2", "output_layer_norm", "vocab_transform", "vocab_layer_norm", "vocab_projector"},
      like_bert("electra", "generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head")};
  return kNames[static_cast<size_t>(c.kind)];
}

// The layers of a classifier: one before it, if any, and itself.
struct ClassifierNames {
  std::string before, last;
  Activation activation = Activation::none;  // of the one before
};
ClassifierNames classifier_names(const BertConfig& c) {
  if (c.head == BertHead::question) return {"", "qa_outputs"};
  if (c.head == BertHead::pretraining) return {"discriminator_predictions.dense", "discriminator_predictions.dense_prediction", activation_named(c.activation)};
  if (c.is(BertKind::distilbert) && c.head != BertHead::token) return {"pre_classifier", "classifier", Activation::relu};
  if (c.head == BertHead::sequence && c.is(BertKind::roberta)) return {"classifier.dense", "classifier.out_proj", Activation::tanh};
  if (c.head == BertHead::sequence && c.is(BertKind::electra)) return {"classifier.dense", "classifier.out_proj", Activation::gelu};
  return {"", "classifier"};
}

bool has_pooler(const BertConfig& c) {
  switch (c.head) {
    case BertHead::none:
    case BertHead::choice: return c.is(BertKind::bert) || c.is(BertKind::roberta);
    case BertHead::pretraining:
    case BertHead::next: return c.is(BertKind::bert);
    case BertHead::sequence: return c.is(BertKind::bert) && !c.mean;
    default: return false;
  }
}
bool has_masked(const BertConfig& c) { return c.head == BertHead::masked || (c.head == BertHead::pretraining && !c.is(BertKind::electra)); }
bool has_next(const BertConfig& c) { return c.is(BertKind::bert) && (c.head == BertHead::pretraining || c.head == BertHead::next); }
bool finds_replaced(const BertConfig& c) { return c.is(BertKind::electra) && c.head == BertHead::pretraining; }
bool labels_texts(const BertConfig& c) { return c.head == BertHead::sequence || c.head == BertHead::choice; }
bool labels_tokens(const BertConfig& c) { return c.head == BertHead::token || c.head == BertHead::question || finds_replaced(c); }
int64_t label_count(const BertConfig& c) {
  return c.head == BertHead::question ? 2 : c.head == BertHead::choice || finds_replaced(c) ? 1 : c.labels;
}

std::unique_ptr<Product> weight(const BertConfig& c, int64_t in, int64_t out, Rng& rng) {
  return std::make_unique<Dense>(normal_init({out, in}, c.initial_std(), rng), WeightLayout::out_in);
}
std::unique_ptr<Linear> layer(const std::string& name, Module& parent, const BertConfig& c, int64_t in, int64_t out, Rng& rng) {
  return std::make_unique<Linear>(name, parent, weight(c, in, out, rng), zero_bias(out));
}
Tensor table(const BertConfig& c, int64_t rows, int64_t width, Rng& rng) { return normal_init({rows, width}, c.initial_std(), rng); }

}  // namespace

// --- forward -------------------------------------------------------------------------------------------------------

Bert::Embeddings::Embeddings(Module& parent, const BertConfig& c, Rng& rng)
    : Module("embeddings", parent), first_position(c.first_position), dropout(c.dropout),
      words("word_embeddings", *this, table(c, c.vocab_size, c.table_width(), rng)),
      positions("position_embeddings", *this, table(c, c.first_position + c.context, c.table_width(), rng)),
      segments(c.segments > 0 ? std::make_unique<Embedding>("token_type_embeddings", *this, table(c, c.segments, c.table_width(), rng)) : nullptr),
      norm("LayerNorm", *this, c.table_width(), c.layer_norm_epsilon) {}

Tensor Bert::Embeddings::operator()(const TokenBatch& texts, Pass& pass) const {
  const Tensor places = texts.places();
  Tensor x = words(texts.ids) + positions(first_position > 0 ? places + Tensor::full({1}, double(first_position), Dtype::i64) : places);  // (N, E)
  if (segments) x = x + (*segments)(texts.types);
  return tapped(*this, grim::dropout(unsqueeze(norm(x), 0), dropout, pass));
}

Bert::Block::Block(int64_t index, Module& parent, const BertConfig& c, const BertNames& names, Rng& rng)
    : Module(names.layers + std::to_string(index), parent), heads(c.n_head), dropout(c.dropout),
      attention_dropout(c.attention_dropout < 0 ? c.dropout : c.attention_dropout),
      activation(activation_named(c.activation)), query(names.query, *this, weight(c, c.n_embd, c.n_embd, rng), zero_bias(c.n_embd)),
      key(names.key, *this, weight(c, c.n_embd, c.n_embd, rng), zero_bias(c.n_embd)),
      value(names.value, *this, weight(c, c.n_embd, c.n_embd, rng), zero_bias(c.n_embd)),
      attention_out(names.attention_out, *this, weight(c, c.n_embd, c.n_embd, rng), zero_bias(c.n_embd)),
      attention_norm(names.attention_norm, *this, c.n_embd, c.layer_norm_epsilon),
      inner(names.inner, *this, weight(c, c.n_embd, c.inner(), rng), zero_bias(c.inner())),
      out(names.out, *this, weight(c, c.inner(), c.n_embd, rng), zero_bias(c.n_embd)), out_norm(names.out_norm, *this, c.n_embd, c.layer_norm_epsilon) {}

// x (1, N, C): norms behind the sums, so that the stream itself is normalised twice a block.
Tensor Bert::Block::operator()(const Tensor& x, const std::vector<int64_t>& offsets, Pass& pass) const {
  AttentionOptions options = with_dropout(attention_dropout, pass);
  options.offsets = offsets;
  const std::vector<Tensor> vkq = outputs_of({&value, &key, &query}, x);
  const Tensor seen = attend(*this, split_heads(vkq[2], heads), split_heads(vkq[1], heads), split_heads(vkq[0], heads), options);
  const Tensor y = tapped(*this, attention_norm(dropout_add(attention_out(seen), x, dropout, pass)), SiteKind::residual_mid);
  return tapped(*this, out_norm(dropout_add(out(inner(y, activation)), y, dropout, pass)), SiteKind::residual);
}

Bert::Encoder::Encoder(Module& parent, const BertConfig& c, const BertNames& names, Rng& rng)
    : Module(c.head == BertHead::none ? "" : names.body, parent), embeddings(*this, c, rng),
      widen(c.table_width() != c.n_embd ? layer("embeddings_project", *this, c, c.table_width(), c.n_embd, rng) : nullptr) {
  for (int64_t i = 0; i < c.n_layer; ++i) layers.push_back(std::make_unique<Block>(i, *this, c, names, rng));
  if (has_pooler(c)) pooler = layer("pooler.dense", *this, c, c.n_embd, c.n_embd, rng);
}

Bert::Bert(const BertConfig& config, Rng& rng) : config_((config.check(), config)), encoder_(*this, config_, names_of(config_), rng) {
  const BertConfig& c = config_;
  const BertNames& names = names_of(c);
  if (has_masked(c)) {
    transform_ = layer(names.transform, *this, c, c.n_embd, c.table_width(), rng);
    transform_norm_ = std::make_unique<LayerNorm>(names.transform_norm, *this, c.table_width(), c.layer_norm_epsilon);
    decoder_ = std::make_unique<Linear>(names.decoder, *this, std::make_unique<Tied>(encoder_.embeddings.words), zero_bias(c.vocab_size));
  }
  if (has_next(c)) next_ = layer("cls.seq_relationship", *this, c, c.n_embd, 2, rng);
  if (!labels_texts(c) && !labels_tokens(c)) return;
  const ClassifierNames label = classifier_names(c);
  if (!label.before.empty()) before_ = layer(label.before, *this, c, c.n_embd, c.n_embd, rng);
  classifier_ = layer(label.last, *this, c, c.n_embd, label_count(c), rng);
}

Bert::~Bert() = default;

Tensor Bert::hidden_behind(int64_t blocks, const TokenBatch& texts, Pass& pass) const {
  GRIM_CHECK(texts.longest() <= config_.context, shape, config_.model_type(), "a text of {} tokens, expected at most {}", texts.longest(), config_.context);
  Tensor x = encoder_.embeddings(texts, pass);  // (1, N, E)
  if (encoder_.widen) x = (*encoder_.widen)(x);
  for (const auto& block : std::span(encoder_.layers).first(static_cast<size_t>(std::min(blocks, config_.n_layer))))
    x = recomputed(pass, [&block = *block, x, offsets = texts.offsets](Pass& p) { return block(x, offsets, p); });
  return reshape(x, {texts.tokens(), config_.n_embd});
}

bool Bert::has(EncoderPart part) const {
  switch (part) {
    case EncoderPart::pooler: return encoder_.pooler && pooler_came_;
    case EncoderPart::masked: return decoder_ != nullptr;
    case EncoderPart::next_sentence: return next_ != nullptr;
    case EncoderPart::labels: return labels_texts(config_);
    case EncoderPart::token_labels: return labels_tokens(config_);
    case EncoderPart::answers: return config_.head == BertHead::question;
    case EncoderPart::choices: return config_.head == BertHead::choice;
  }
  return false;
}

Tensor Bert::pooled(const Tensor& hidden, const TokenBatch& texts) const {
  GRIM_CHECK(has(EncoderPart::pooler), argument, config_.model_type(), "this model came without a pooler");
  return (*encoder_.pooler)(index_select(hidden, 0, texts.firsts()), Activation::tanh);
}

Tensor Bert::masked_rows(const Tensor& rows) const {
  GRIM_CHECK(has(EncoderPart::masked), argument, config_.model_type(), "this model came without the head that fills in masked words");
  const bool chosen = config_.is(BertKind::bert) || config_.is(BertKind::distilbert);
  return (*transform_norm_)((*transform_)(rows, chosen ? activation_named(config_.activation) : Activation::gelu));
}
Tensor Bert::masked_logits(const Tensor& rows) const { return (*decoder_)(masked_rows(rows)); }
Tensor Bert::masked_loss(const Tensor& rows, const Tensor& targets) const { return head_cross_entropy(*decoder_, masked_rows(rows), targets, {}); }

Tensor Bert::next_sentence_logits(const Tensor& hidden, const TokenBatch& texts) const {
  GRIM_CHECK(has(EncoderPart::next_sentence), argument, config_.model_type(), "this model came without a next-sentence head");
  return (*next_)(pooled(hidden, texts));
}

Tensor Bert::classified(const Tensor& rows, Pass& pass) const {
  const double p = config_.head_dropout < 0 ? config_.dropout : config_.head_dropout;
  const bool plain = finds_replaced(config_) || config_.head == BertHead::question;
  if (!before_) return (*classifier_)(plain ? rows : dropout(rows, p, pass));
  const Tensor x = (*before_)(plain || config_.is(BertKind::distilbert) ? rows : dropout(rows, p, pass), classifier_names(config_).activation);
  return (*classifier_)(plain ? x : dropout(x, p, pass));
}

Tensor Bert::labels(const Tensor& hidden, const TokenBatch& texts, Pass& pass) const {
  GRIM_CHECK(has(EncoderPart::labels), argument, config_.model_type(), "this model came without a head that labels texts");
  if (config_.mean) return classified(packed_mean(hidden, texts.offsets), pass);
  return classified(has_pooler(config_) ? pooled(hidden, texts) : index_select(hidden, 0, texts.firsts()), pass);
}

Tensor Bert::token_labels(const Tensor& hidden, Pass& pass) const {
  GRIM_CHECK(has(EncoderPart::token_labels), argument, config_.model_type(), "this model came without a head that labels tokens");
  return classified(hidden, pass);
}

// --- checkpoints: Hugging Face's bert, roberta, distilbert, electra ---------------------------------------------------

namespace {

bool is_of_pooler(const std::string& name) { return name.find("pooler.dense.") != std::string::npos; }

// What else stands in folders of these models: tables that are counted out, output layers that are the embedding again, heads of another task.
bool is_of_no_use(const std::string& name) {
  static constexpr std::string_view kHeads[] = {"cls.", "lm_head.", "vocab_", "classifier.", "pre_classifier.", "qa_outputs.", "generator_",
                                                "discriminator_predictions.", "sequence_summary."};
  return name.ends_with("position_ids") || is_of_pooler(name) ||
         std::ranges::any_of(kHeads, [&](std::string_view head) { return name.starts_with(head); });
}

// Its name in a folder without a head.
std::string without_body(const std::string& name, const std::string& body) { return name.starts_with(body) ? name.substr(body.size()) : name; }

// Names of old: LayerNorm.gamma and beta.
std::string of_now(std::string name) {
  for (const auto& [old, now] : {std::pair{"LayerNorm.gamma", "LayerNorm.weight"}, {"LayerNorm.beta", "LayerNorm.bias"}})
    if (name.ends_with(old)) return name.substr(0, name.size() - std::string_view(old).size()) + now;
  return name;
}

}  // namespace

std::vector<NamedTensor> Bert::checkpoint() const {
  std::vector<NamedTensor> all = TextEncoder::checkpoint();
  if (!pooler_came_) std::erase_if(all, [](const NamedTensor& t) { return is_of_pooler(t.name); });
  return all;
}

// Folders without a head lack the body's name before those of its parts; it comes and goes as this model has it.
void Bert::load(const std::vector<NamedTensor>& tensors, const std::string& source) {
  const std::string body = names_of(config_).body + ".", table = body + "embeddings.word_embeddings.weight";
  for (const char* ending : {".decoder.weight", ".weight"})
    if (decoder_) check_tied(tensors, names_of(config_).decoder + ending, table, source);
  std::map<std::string, Tensor> own;
  for (const NamedTensor& t : TextEncoder::checkpoint()) own[t.name] = t.tensor;
  std::vector<NamedTensor> kept;
  bool pooler = false;
  for (const NamedTensor& t : tensors) {
    std::string name = of_now(t.name);
    if (own.contains(body + name)) name = body + name;
    else if (name.starts_with(body) && own.contains(name.substr(body.size()))) name = name.substr(body.size());
    else if (!own.contains(name) && is_of_no_use(name)) continue;
    pooler |= is_of_pooler(name);
    kept.push_back({name, t.tensor});
  }
  const bool came = pooler || config_.head != BertHead::none || !encoder_.pooler;
  if (!came) std::ranges::for_each(own, [&](const auto& t) { if (is_of_pooler(t.first)) kept.push_back({t.first, Tensor::zeros(t.second.shape())}); });
  TextEncoder::load(kept, source);
  pooler_came_ = came;
}

Labels Bert::label_set() const {
  if (!has(EncoderPart::labels) && !has(EncoderPart::token_labels)) return {};
  return {config_.label_set.kind, label_names(config_.label_set, label_count(config_))};
}

// The body's tensors go by name from folder to folder, whatever stands on it.
std::unique_ptr<TextEncoder> Bert::with_head(NewHead head, const Labels& labels, Rng& rng) const {
  constexpr BertHead kHeads[] = {BertHead::sequence, BertHead::sequence, BertHead::token, BertHead::question, BertHead::choice};  // in the order of NewHead
  GRIM_CHECK(head != NewHead::choices || !config_.is(BertKind::electra), argument, "electra", "it has no head that chooses: expected another family");
  const bool labelled = head == NewHead::texts || head == NewHead::mean || head == NewHead::tokens;
  BertConfig c = config_;
  c.head = kHeads[static_cast<size_t>(head)];
  c.mean = head == NewHead::mean;
  c.labels = labelled ? std::ssize(labels.names) : 2;
  c.label_set = labelled ? labels : Labels();
  GRIM_CHECK(c.labels > 0, argument, config_.model_type(), "a head without labels, expected at least one");
  const std::string body = names_of(c).body + ".";
  std::map<std::string, Tensor> kept;
  for (const NamedTensor& t : checkpoint())
    if (!is_of_no_use(t.name) || is_of_pooler(t.name)) kept[without_body(t.name, body)] = t.tensor;
  auto model = std::make_unique<Bert>(c, rng);
  std::vector<NamedTensor> all = model->checkpoint();
  for (NamedTensor& t : all)
    if (const auto known = kept.find(without_body(t.name, body)); known != kept.end()) t.tensor = known->second;
  model->load(all, "the encoder");
  return model;
}

double BertConfig::parameter_count() const {
  const double V = double(vocab_size), E = double(table_width()), C = double(n_embd), F = double(inner()), K = double(label_count(*this));
  const double block = 4 * (C * C + C) + 2 * C * F + F + C + 4 * C;
  double n = (V + double(first_position + context + segments) + 2) * E + double(n_layer) * block;
  if (E != C) n += E * C + C;
  if (has_pooler(*this)) n += C * C + C;
  if (has_masked(*this)) n += C * E + 3 * E + V;
  if (has_next(*this)) n += 2 * C + 2;
  if (!labels_texts(*this) && !labels_tokens(*this)) return n;
  return n + C * K + K + (classifier_names(*this).before.empty() ? 0 : C * C + C);
}

}  // namespace grim
