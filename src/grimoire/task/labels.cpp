#include "grimoire/task/labels.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/nn/layer_numbers.h"
#include "grimoire/op/convert.h"
#include "grimoire/task/label_scores.h"
#include "grimoire/task/labelled_task.h"

namespace grim {
namespace {

class LabelTask final : public LabelledTask {
 public:
  LabelTask(EncoderAtHand at_hand, const LabelData& data, const FinetuneOptions& options, std::vector<double> class_weights)
      : LabelledTask(std::move(at_hand), data, options), layers_(layers_of(*model_)), class_weights_(std::move(class_weights)) {}

  double rate_scale(const std::string& parameter) const override { return options_.rate_scale(parameter, layers_); }
  double weight(std::span<const int64_t> rows) const override {
    double sum = 0;
    for (const int64_t r : rows) sum += weight_of(r);
    return sum;
  }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const TokenBatch batch = train_.texts->batch(rows);
    const Tensor logits = widened(model_->labels(model_->hidden(batch, pass), batch, pass));  // (rows, K)
    const double total = weight(rows);
    std::vector<double> weights;
    for (const int64_t r : rows) weights.push_back(weight_of(r) / total);
    return label_loss(rows, logits, weights);
  }
  double baseline(const StopAsked&) const override { return usual_loss(has(Part::dev) ? Part::dev : Part::train); }

 private:
  double weight_of(int64_t window) const {
    if (class_weights_.empty()) return 1;
    const int64_t K = std::ssize(labels_.names);
    const double* const y = train_.targets.data<double>() + train_.texts->text_of(window) * K;
    return class_weights_[static_cast<size_t>(std::max_element(y, y + K) - y)];
  }

  int64_t layers_;
  std::vector<double> class_weights_;
};

enum class ClassWeights : uint8_t { equal, balanced };
enum class HeadInput : uint8_t { cls, mean };

// Of each class N / (K its texts): all classes weigh alike together (King and Zeng 2001).
std::vector<double> balanced_weights(const Tensor& targets) {
  const int64_t N = targets.dim(0), K = targets.dim(1);
  std::vector<double> weights(static_cast<size_t>(K));
  for (int64_t i = 0; i < N * K; ++i) weights[static_cast<size_t>(i % K)] += targets.data<double>()[i];
  for (double& w : weights) w = static_cast<double>(N) / (static_cast<double>(K) * std::max(1.0, w));
  return weights;
}

class LabelSource final : public TaskSource {
 public:
  LabelSource(LabelFiles files, Labels labels, const FinetuneOptions& options, NewHead head, ClassWeights weights)
      : data_(std::move(files), options.windows), labels_(std::move(labels)), options_(options), head_(head), weights_(weights) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    return std::make_unique<LabelTask>(encoder_of_run(config, checkpoint, head_, labels_, rng), data_, options_,
                                       weights_ == ClassWeights::balanced ? balanced_weights(label_targets(files().train, labels_)) : std::vector<double>());
  }
  void resolve(RunConfig& config) const override {
    options_.resolve(config, std::ssize(files().train.texts));
    TaskSource::resolve(config);
  }
  Json identity(const RunConfig& config) const override {
    Json all = options_.identity(config, files().train.content_hash, files().dev.content_hash);
    all.set("labels", Json::array_of(labels_.names));
    return all;
  }

 private:
  const LabelFiles& files() const { return *data_.files(); }

  LabelData data_;
  Labels labels_;
  FinetuneOptions options_;
  NewHead head_;
  ClassWeights weights_;
};

enum class Reads : uint8_t { texts_or_pairs, pairs };

template <LabelKind kKind, Reads kReads = Reads::texts_or_pairs> struct LabelSettings {
  static TaskWords words() {
    return {.unit = "text", .baseline = "answering what is usual",
            .next = kReads == Reads::pairs ? "grimoire predict {} " GRIM_SETTING("data=FILE") : "grimoire predict {} " GRIM_SETTING("text=..."),
            .rival = "answering what is usual"};
  }
  LabelledColumns columns;
  FinetuneOptions finetune;
  HeadInput pool = HeadInput::cls;
  ClassWeights weights = ClassWeights::equal;

  Options options(RunConfig& run) {
    Options all = finetune.options(run);
    for (Option& o : column_options(columns)) all.push_back(std::move(o));
    all.push_back({.name = "pool", .help = "what the new head reads: the first token's vector, or the mean over all tokens", .target = by_choice(&pool),
                   .choices = {"cls", "mean"}, .basic = true});
    if (kKind == LabelKind::one)
      all.push_back({.name = "class-weights", .help = "what the texts of a class count: all 1, or so that classes count alike", .target = by_choice(&weights),
                     .choices = {"equal", "balanced"}});
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    const LabelledTexts all = read_labelled(run.data, columns, WithLabels::required);
    if (kReads == Reads::pairs && all.pairs.empty())
      throw Error(ErrorKind::input, str("[labels] {}: one column of texts, expected two, the text and the one beside it", all.reading),
                  "name it: " GRIM_SETTING("pair-column=NAME") "; texts that stand alone are for " GRIM_SETTING("task=classify"));
    const Labels labels = labels_in(all, kKind);
    LabelFiles files = label_files(all, labels, run, finetune, columns, WithLabels::required);
    return std::make_unique<LabelSource>(std::move(files), labels, finetune, pool == HeadInput::mean ? NewHead::mean : NewHead::texts, weights);
  }
};

}  // namespace

TaskDefaults classify_task_settings() { return task_settings<LabelSettings<LabelKind::one>>(); }
TaskDefaults pair_task_settings() { return task_settings<LabelSettings<LabelKind::one, Reads::pairs>>(); }
TaskDefaults multilabel_task_settings() { return task_settings<LabelSettings<LabelKind::several>>(); }
TaskDefaults regress_task_settings() { return task_settings<LabelSettings<LabelKind::number>>(); }

}  // namespace grim
