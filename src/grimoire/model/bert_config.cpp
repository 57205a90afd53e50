// BertConfig as config.json has it, and as options.
#include <algorithm>

#include "grimoire/model/bert.h"
#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/label_keys.h"

namespace grim {
namespace {

constexpr const char* kModelTypes[] = {"bert", "roberta", "distilbert", "electra"};  // in the order of BertKind

// What a family calls its settings, its layers, and its classes.
struct Keys {
  const char *width, *layers, *heads, *inner, *dropout, *attention_dropout, *activation, *before_layer, *classes;
};
constexpr Keys like_bert(const char* classes) {
  return {"hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_dropout_prob", "attention_probs_dropout_prob", "hidden_act",
          "encoder.layer.", classes};
}
constexpr Keys kKeys[] = {  // in the same order
    like_bert("Bert"), like_bert("Roberta"),
    {"dim", "n_layers", "n_heads", "hidden_dim", "dropout", "attention_dropout", "activation", "transformer.layer.", "DistilBert"}, like_bert("Electra")};
const Keys& keys_of(BertKind kind) { return kKeys[static_cast<size_t>(kind)]; }

constexpr std::pair<BertHead, std::string_view> kHeads[] = {
    {BertHead::none, "Model"},         {BertHead::masked, "ForMaskedLM"},
    {BertHead::pretraining, "ForPreTraining"},         {BertHead::next, "ForNextSentencePrediction"},
    {BertHead::sequence, "ForSequenceClassification"}, {BertHead::token, "ForTokenClassification"},
    {BertHead::question, "ForQuestionAnswering"},      {BertHead::choice, "ForMultipleChoice"}};

bool has_head(BertKind kind, BertHead head) {
  if (kind == BertKind::bert) return true;
  if (head == BertHead::next) return false;
  return kind == BertKind::electra ? head != BertHead::choice : head != BertHead::pretraining;
}

BertHead head_of(const Json& config, BertKind kind) {
  const Json* const classes = config.find("architectures");
  if (!classes || classes->is_null() || classes->size() == 0) return BertHead::none;
  const std::string& name = (*classes)[0].as_text();
  std::vector<std::string> known;
  for (const auto& [head, ending] : kHeads) {
    if (!has_head(kind, head)) continue;
    known.push_back(keys_of(kind).classes + std::string(ending));
    if (name == known.back()) return head;
  }
  fail(ErrorKind::input, "config", str("config.json: architectures: '{}' is not known", name), did_you_mean(name, known, "of this model_type"));
}

const std::vector<KeyRule>& bert_rules() {
  static const std::vector<KeyRule> rules = {
      {"vocab_size"}, {"hidden_size"}, {"num_hidden_layers"}, {"num_attention_heads"}, {"intermediate_size"}, {"hidden_act"}, {"hidden_dropout_prob"},
      {"attention_probs_dropout_prob"}, {"max_position_embeddings"}, {"type_vocab_size"}, {"layer_norm_eps"}, {"classifier_dropout"}, {"embedding_size"},
      {"dim"}, {"n_layers"}, {"n_heads"}, {"hidden_dim"}, {"dropout"}, {"attention_dropout"}, {"activation"}, {"seq_classif_dropout"},
      {"qa_dropout", KeyUse::harmless}, {"pad_token_id"},
      {"position_embedding_type", KeyUse::fixed, {"\"absolute\""}}, {"sinusoidal_pos_embds", KeyUse::fixed, {"false", "true"}},  // the table is stored
      {"tie_weights_", KeyUse::fixed, {"true"}}, {"tie_word_embeddings", KeyUse::fixed, {"true"}}, {"is_decoder", KeyUse::fixed, {"false"}},
      {"problem_type"}, {"classifier_pooling", KeyUse::fixed, {"\"cls\"", "\"mean\""}},
      {"summary_activation", KeyUse::harmless}, {"summary_last_dropout", KeyUse::harmless}, {"summary_type", KeyUse::harmless},
      {"summary_use_proj", KeyUse::harmless},  // of ELECTRA's choice head, which is not here
      {"pooler_fc_size", KeyUse::harmless}, {"pooler_num_attention_heads", KeyUse::harmless}, {"pooler_num_fc_layers", KeyUse::harmless},
      {"pooler_size_per_head", KeyUse::harmless}, {"pooler_type", KeyUse::harmless}, {"directionality", KeyUse::harmless}};  // of another program
  return rules;
}

}  // namespace

const char* BertConfig::model_type() const { return kModelTypes[static_cast<size_t>(kind)]; }

BertConfig BertConfig::from_json(const Json& json) {
  check_config_keys(json, bert_rules());
  const auto kind = model_type_in<BertKind>(json, kModelTypes);
  const Keys& keys = keys_of(kind);
  BertConfig c{.vocab_size = config_size(json, "vocab_size"),
               .context = config_size(json, "max_position_embeddings"),
               .n_embd = config_size(json, keys.width),
               .n_layer = config_size(json, keys.layers, 1, 1 << 16),
               .n_head = config_size(json, keys.heads),
               .n_inner = config_size(json, keys.inner),
               .dropout = config_rate(json, keys.dropout, 0.1),
               .layer_norm_epsilon = json.real("layer_norm_eps", 1e-12),
               .activation = json.text(keys.activation, "gelu"),
               .head = head_of(json, kind),
               .kind = kind};
  const auto size_or = [&](const char* key, int64_t otherwise, int64_t low) { return json.find(key) ? config_size(json, key, low, 1 << 30) : otherwise; };
  if (const double p = config_rate(json, keys.attention_dropout, 0.1); p != c.dropout) c.attention_dropout = p;
  c.segments = kind == BertKind::distilbert ? 0 : size_or("type_vocab_size", 2, 1);
  if (kind == BertKind::electra) c.embedding_size = size_or("embedding_size", 128, 1);
  if (kind == BertKind::roberta) {
    c.first_position = size_or("pad_token_id", 1, 0) + 1;
    c.context -= c.first_position;
    GRIM_CHECK(c.context > 0, input, "config", "config.json: max_position_embeddings {} leaves no positions behind pad_token_id {}",
               c.context + c.first_position, c.first_position - 1);
  }
  for (const char* key : {"classifier_dropout", "seq_classif_dropout"})
    if (const Json* p = json.find(key); p && !p->is_null()) c.head_dropout = config_rate(json, key, 0);
  if (c.n_inner == 4 * c.n_embd) c.n_inner = 0;
  if (c.embedding_size == c.n_embd) c.embedding_size = 0;
  const ConfigLabels labels = labels_in_config(json);
  if (labels.count > 0) c.labels = labels.count;
  c.label_set = labels.set;
  c.mean = c.head == BertHead::sequence && json.text("classifier_pooling", "cls") == "mean";
  check_divides(keys.width, c.n_embd, keys.heads, c.n_head);
  GRIM_CHECK(c.layer_norm_epsilon > 0 && c.layer_norm_epsilon < 1, input, "config", "config.json: key 'layer_norm_eps': got {}, expected above 0, below 1",
             c.layer_norm_epsilon);
  activation_named(c.activation, keys.activation);
  return c;
}

Json BertConfig::to_json() const {
  const Keys& keys = keys_of(kind);
  const auto* const named = std::ranges::find(kHeads, head, [](const auto& h) { return h.first; });
  Json json = Json::object({{"model_type", model_type()},
                            {"architectures", Json::array({keys.classes + std::string(named->second)})},
                            {"vocab_size", vocab_size},
                            {"max_position_embeddings", first_position + context},
                            {keys.width, n_embd},
                            {keys.layers, n_layer},
                            {keys.heads, n_head},
                            {keys.inner, inner()},
                            {keys.activation, activation},
                            {keys.dropout, dropout},
                            {keys.attention_dropout, attention_dropout < 0 ? dropout : attention_dropout},
                            {"initializer_range", initial_std()},
                            {"pad_token_id", is(BertKind::roberta) ? first_position - 1 : 0},
                            {"torch_dtype", "float32"}});
  if (!is(BertKind::distilbert)) {
    json.set("type_vocab_size", segments);
    json.set("layer_norm_eps", layer_norm_epsilon);
  } else {
    json.set("sinusoidal_pos_embds", false);
  }
  if (is(BertKind::electra)) json.set("embedding_size", table_width());
  if (head_dropout >= 0) json.set(is(BertKind::distilbert) ? "seq_classif_dropout" : "classifier_dropout", head_dropout);
  if (head == BertHead::sequence || head == BertHead::token) {
    set_config_labels(json, label_set, labels);
  }
  if (mean) json.set("classifier_pooling", "mean");  // ModernBERT's key: transformers' older classes read the first token whatever it says
  return json;
}

ConfigShapes BertConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Keys& keys = keys_of(kind);
  const Length V{{"vocab_size"}, vocab_size}, C{{keys.width}, n_embd}, F{{keys.inner}, inner()};
  const Length E{{is(BertKind::electra) ? "embedding_size" : keys.width}, table_width()};
  const Length positions{{"max_position_embeddings"}, first_position + context};
  return {.layers = {{keys.before_layer, keys.layers, n_layer}},
          .tensors = {{"word_embeddings.weight", {V, E}}, {"position_embeddings.weight", {positions, E}},
                      {"token_type_embeddings.weight", {{{"type_vocab_size"}, segments}, E}}, {"attention.self.query.weight", {C, C}},
                      {"attention.q_lin.weight", {C, C}}, {"intermediate.dense.weight", {F, C}}, {"ffn.lin1.weight", {F, C}}}};
}

Options BertConfig::options() {
  return {context_option(&context),
          embedding_option(&n_embd),
          layers_option(&n_layer),
          {.name = "n-head", .help = "attention heads", .target = &n_head, .low = 1, .high = 1 << 16},
          {.name = "n-inner", .help = "width inside the feed-forward; 0: 4 of the embedding", .target = &n_inner, .low = 0, .high = 1 << 20},
          {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99}};
}

void BertConfig::check() const {
  check_heads(model_type(), n_embd, n_head);
}

std::vector<SizeAxis> BertConfig::axes() const { return axes_with_heads(n_head); }

namespace {

Architecture bert_like(BertKind kind, const char* summary, BertHead head) {
  BertConfig shape{.context = 64, .n_embd = 128, .n_layer = 2, .n_head = 2, .dropout = 0, .head = head, .kind = kind};
  if (shape.is(BertKind::roberta)) shape.segments = 1, shape.first_position = 2, shape.layer_norm_epsilon = 1e-5;
  if (shape.is(BertKind::distilbert)) shape.segments = 0;
  if (shape.is(BertKind::electra)) shape.embedding_size = 64;
  const char* const recipe = R"({"steps": 6000, "batch_size": 64, "lr": 2e-3, "min_lr": 1e-5, "schedule": "cosine", "warmup": 300,
    "weight_decay": 0.01, "decay_all": false, "grad_clip": 1.0, "beta2": 0.999, "split": "90/5/5"})";
  return architecture<Bert, BertConfig>({.name = shape.model_type(), .summary = summary, .task = "mlm", .items_recipe = recipe, .text_recipe = recipe},
                                        Reading::sequence, shape);
}

}  // namespace

Architecture bert_architecture() { return bert_like(BertKind::bert, "BERT: reads whole texts, fills in masked words", BertHead::pretraining); }
Architecture roberta_architecture() { return bert_like(BertKind::roberta, "RoBERTa: BERT trained on masked words alone", BertHead::masked); }
Architecture distilbert_architecture() { return bert_like(BertKind::distilbert, "DistilBERT: BERT without segments and pooler", BertHead::masked); }
Architecture electra_architecture() { return bert_like(BertKind::electra, "ELECTRA: BERT whose embedding may be narrower than itself", BertHead::masked); }

}  // namespace grim
