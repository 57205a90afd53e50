#include "grimoire/model/text_cnn.h"

#include <algorithm>
#include <charconv>

#include "grimoire/base/setting_words.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/label_keys.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/packed_windows.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

constexpr const char* kName = "text-cnn";
constexpr double kStd = 0.25;  // of the first word vectors, as the author's uniform ones of unknown words
constexpr int64_t kWidest = 1 << 10;

// Of each text the rows that end a window of K words, all of them in the text; of one that is shorter its last. Rows of one length: the last is repeated,
// which changes no maximum.
Tensor window_ends(const std::vector<int64_t>& offsets, int64_t K) {
  const auto texts = static_cast<int64_t>(offsets.size()) - 1;
  int64_t most = 1;
  for (size_t i = 1; i < offsets.size(); ++i) most = std::max(most, offsets[i] - offsets[i - 1] - K + 1);
  const Tensor rows = Tensor::empty({texts * most}, Dtype::i64);
  int64_t* at = rows.data<int64_t>();
  for (size_t i = 1; i < offsets.size(); ++i) {
    const int64_t last = offsets[i] - 1, first = std::min(last, offsets[i - 1] + K - 1);
    for (int64_t j = 0; j < most; ++j) *at++ = std::min(last, first + j);
  }
  return rows;
}

}  // namespace

TextCnn::TextCnn(const TextCnnConfig& config, Rng& rng)
    : config_(config), embedding_("embedding", *this, normal_init({config.vocab_size, config.n_embd}, kStd, rng)),
      convs_([&] {
        std::vector<std::unique_ptr<Linear>> all;
        for (const int64_t K : config.widths())
          all.push_back(std::make_unique<Linear>("convs." + std::to_string(all.size()), *this, K * config.n_embd, config.n_filters, rng));
        return all;
      }()),
      out_("out", *this, static_cast<int64_t>(convs_.size()) * config.n_filters, config.labels, rng) {}

Tensor TextCnn::hidden(const TokenBatch& texts, Pass&) const {
  GRIM_CHECK(texts.longest() <= config_.context, shape, kName, "a text of {} tokens, expected at most {}", texts.longest(), config_.context);
  return embedding_(texts.ids);  // (N, E)
}

// Equations 2 to 4: c_i = relu(w x_(i:i+K-1) + b) at each window, and of each filter the largest.
Tensor TextCnn::pooled(const Tensor& hidden, const TokenBatch& texts) const {
  texts.firsts();  // none is empty
  std::vector<Tensor> largest;
  const std::vector<int64_t> widths = config_.widths();
  for (size_t i = 0; i < convs_.size(); ++i) {
    const int64_t K = widths[i];
    const Tensor c = (*convs_[i])(packed_windows(hidden, texts.offsets, K, WindowPlace::before), Activation::relu);           // (N, F)
    const Tensor windows = reshape(index_select(c, 0, window_ends(texts.offsets, K)), {texts.texts(), -1, config_.n_filters});  // (texts, windows, F)
    largest.push_back(max(windows, 1));
  }
  return concat(largest, 1);
}

Labels TextCnn::label_set() const { return {config_.label_set.kind, label_names(config_.label_set, config_.labels)}; }

std::unique_ptr<TextEncoder> TextCnn::with_head(NewHead head, const Labels& labels, Rng& rng) const {
  GRIM_CHECK(head != NewHead::mean, argument, kName, "its head reads the largest answer of each filter, and cannot read the mean over the tokens");
  GRIM_CHECK(head == NewHead::texts && !labels.names.empty(), argument, kName, "it labels whole texts, with one label or more, and nothing else");
  TextCnnConfig c = config_;
  c.labels = std::ssize(labels.names);
  c.label_set = labels;
  auto model = std::make_unique<TextCnn>(c, rng);
  std::vector<NamedTensor> all = model->checkpoint();
  const std::vector<NamedTensor> own = checkpoint();
  for (size_t i = 0; i < all.size(); ++i)
    if (!all[i].name.starts_with("out.")) all[i].tensor = own[i].tensor;
  model->load(all, "the encoder");
  return model;
}

Tensor TextCnn::labels(const Tensor& hidden, const TokenBatch& texts, Pass& pass) const {
  return out_(dropout(pooled(hidden, texts), config_.dropout, pass));
}

namespace {
[[noreturn]] Tensor fail_without(const char* what) { fail(ErrorKind::argument, kName, str("this model labels texts and came without {}", what)); }
}  // namespace

Tensor TextCnn::masked_logits(const Tensor&) const { fail_without("the head that fills in masked words"); }
Tensor TextCnn::masked_loss(const Tensor&, const Tensor&) const { fail_without("the head that fills in masked words"); }
Tensor TextCnn::next_sentence_logits(const Tensor&, const TokenBatch&) const { fail_without("a next-sentence head"); }
Tensor TextCnn::token_labels(const Tensor&, Pass&) const { fail_without("a head that labels tokens"); }

// --- options and config.json -----------------------------------------------------------------------------------------

std::vector<int64_t> TextCnnConfig::widths() const {
  std::vector<int64_t> all;
  for (const std::string_view part : split(kernel_sizes, ',')) {
    const std::string_view word = trimmed(part);
    int64_t width = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), width);
    GRIM_CHECK(error == std::errc() && end == word.data() + word.size() && width >= 1 && width <= kWidest, argument, kName,
               GRIM_SETTING("kernel-sizes") ": got '{}', expected numbers from 1 to {} with commas between them", kernel_sizes, kWidest);
    all.push_back(width);
  }
  return all;
}

Options TextCnnConfig::options() {
  return {{.name = "context", .help = "tokens of the longest text", .target = &context, .low = 1, .high = 1 << 24},
          {.name = "n-embd", .help = "numbers of a word's vector", .target = &n_embd, .low = 1, .high = 1 << 20},
          {.name = "n-filters", .help = "filters of each size", .target = &n_filters, .low = 1, .high = 1 << 16},
          {.name = "kernel-sizes", .help = "words that filters see, a size each: 3,4,5", .target = &kernel_sizes},
          {.name = "dropout", .help = "probability of dropping a filter's answer", .target = &dropout, .low = 0, .high = 0.99}};
}

TextCnnConfig TextCnnConfig::from_json(const Json& c) {
  static const std::vector<KeyRule> rules = {{"vocab_size"}, {"context"}, {"n_embd"}, {"n_filters"}, {"kernel_sizes"}, {"num_labels"}, {"dropout"}};
  check_config_keys(c, rules);
  TextCnnConfig config{.vocab_size = config_size(c, "vocab_size"), .context = config_size(c, "context"), .n_embd = config_size(c, "n_embd"),
                       .n_filters = config_size(c, "n_filters"), .kernel_sizes = c.text("kernel_sizes"), .labels = config_size(c, "num_labels"),
                       .label_set = labels_in_config(c).set, .dropout = config_rate(c, "dropout", 0)};
  config.check();
  return config;
}

Json TextCnnConfig::to_json() const {
  Json json = Json::object({{"model_type", kName}, {"vocab_size", vocab_size}, {"context", context}, {"n_embd", n_embd}, {"n_filters", n_filters},
                            {"kernel_sizes", kernel_sizes}, {"num_labels", labels}, {"dropout", dropout}});
  if (!label_set.names.empty()) set_config_labels(json, label_set, labels);
  return json;
}

ConfigShapes TextCnnConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, E{{"n_embd"}, n_embd}, K{{"num_labels"}, labels}, F{{"n_filters"}, n_filters};
  return {.tensors = {{"embedding.weight", {V, E}}, {"convs.0.bias", {F}}, {"out.bias", {K}}}};
}

double TextCnnConfig::parameter_count() const {
  const double E = double(n_embd), F = double(n_filters);
  double sum = double(vocab_size) * E + double(labels), features = 0;
  for (const int64_t K : widths()) sum += double(K) * E * F + F, features += F;
  return sum + features * double(labels);
}

Architecture text_cnn_architecture() {
  const std::string recipe = R"({"steps": 0, "epochs": 10, "batch_size": 50, "lr": 1e-3, "schedule": "linear", "weight_decay": 0.0, "split": "90/10/0"})";
  return architecture<TextCnn, TextCnnConfig>({.name = kName, .summary = "convolutions of several widths over words, which label a text", .task = "classify",
                                               .tasks = {"classify", "pair", "multilabel", "regress"},
                                               .items_recipe = recipe, .text_recipe = recipe}, Reading::sequence);
}

}  // namespace grim
