#include "grimoire/task/labels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/nn/layer_numbers.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/task/finetune.h"
#include "grimoire/task/label_scores.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// Which texts train and which judge, as they were read.
struct LabelFiles {
  LabelledTexts train, dev, test;
};

LabelledTexts picked(const LabelledTexts& all, std::span<const int64_t> rows) {
  LabelledTexts some;
  some.content_hash = all.content_hash;
  for (const int64_t r : rows) {
    const auto i = static_cast<size_t>(r);
    some.texts.push_back(all.texts[i]);
    if (!all.pairs.empty()) some.pairs.push_back(all.pairs[i]);
    some.labels.push_back(all.labels[i]);
    some.places.push_back(all.places[i]);
  }
  return some;
}

const char* how_read(LongTexts longer) {
  return longer == LongTexts::head ? "up to there" : longer == LongTexts::tail ? "from their ends" : "in windows, whose answers are averaged";
}

struct LabelPart {
  EncodedTexts texts;
  Tensor targets;  // as label_targets
};

class LabelTask final : public Task {
 public:
  LabelTask(EncoderAtHand at_hand, const LabelFiles& files, const FinetuneOptions& options, std::vector<double> class_weights)
      : model_(std::move(at_hand.model)), tokenizer_(std::move(at_hand.tokenizer)), labels_(model_->label_set()), options_(options),
        layers_(layers_of(*model_)), class_weights_(std::move(class_weights)),
        most_(options.windows.most > 0 ? std::min(options.windows.most, model_->context()) : model_->context()) {
    TextWindows windows = options.windows;
    windows.most = most_;
    for (const LabelledTexts* const f : {&files.train, &files.dev, &files.test})
      if (!f->reading.empty()) notes_.push_back(f->reading);
    const auto part = [&](const LabelledTexts& texts) {
      return LabelPart{EncodedTexts(*tokenizer_, texts.texts, texts.pairs, windows, texts.places), label_targets(texts, labels_)};
    };
    train_ = part(files.train), dev_ = part(files.dev), test_ = part(files.test);
  }

  Pretrained& model() override { return *model_; }
  double rate_scale(const std::string& parameter) const override { return options_.rate_scale(parameter, layers_); }
  int64_t rows() const override { return train_.texts.windows(); }
  Sampling sampling() const override { return Sampling::epochs; }
  double weight(std::span<const int64_t> rows) const override {
    double sum = 0;
    for (const int64_t r : rows) sum += weight_of(r);
    return sum;
  }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const TokenBatch batch = train_.texts.batch(rows);
    const Tensor logits = widened(model_->labels(model_->hidden(batch, pass), batch, pass));  // (rows, K)
    const int64_t K = std::ssize(labels_.names), N = std::ssize(rows);
    const Tensor targets = Tensor::empty({N, K}), classes = Tensor::empty({N}, Dtype::i64), weights = Tensor::empty({N});
    const double total = weight(rows);
    for (int64_t i = 0; i < N; ++i) {
      const double* const y = train_.targets.data<double>() + train_.texts.text_of(rows[static_cast<size_t>(i)]) * K;
      for (int64_t k = 0; k < K; ++k) targets.data<float>()[i * K + k] = static_cast<float>(y[k]);
      classes.data<int64_t>()[i] = std::max_element(y, y + K) - y;
      weights.data<float>()[i] = static_cast<float>(weight_of(rows[static_cast<size_t>(i)]) / total);
    }
    if (labels_.kind == LabelKind::number) return mse_loss(logits, targets);
    if (labels_.kind == LabelKind::several) return binary_cross_entropy_with_logits(logits, targets);
    return sum(cross_entropy(logits, classes, {.reduction = Reduction::none}) * weights);
  }

  bool has(Part part) const override { return of(part).texts.texts() > 0; }
  Judgement judge(Part part, int64_t, const StopAsked& stop) const override {
    const LabelAnswers answers = answer_labels(*model_, of(part).texts, stop);
    if (answers.stopped) return {.stopped = true};
    const LabelScores s = score_labels(answers, of(part).targets);
    return {.loss = s.loss, .score = s.score, .weight = static_cast<double>(of(part).texts.texts())};
  }
  // Whoever answers without reading: all classes alike, or the mean.
  double guessing() const override {
    if (labels_.kind == LabelKind::one) return std::log(static_cast<double>(labels_.names.size()));
    return labels_.kind == LabelKind::several ? std::log(2.0) : usual_loss(train_);
  }
  double baseline(const StopAsked&) const override { return usual_loss(has(Part::dev) ? dev_ : train_); }
  std::vector<CheckpointFile> files() const override { return model_files(*model_, tokenizer_.get()); }
  void load(const std::string& folder) override { load_weights(*model_, folder); }
  std::vector<std::string> notes() const override {
    std::vector<std::string> all = notes_;
    if (const int64_t n = train_.texts.longer() + dev_.texts.longer() + test_.texts.longer())
      all.push_back(str("{} of {} texts are longer than {} tokens, and are read {} (" GRIM_SETTING("long-texts") ")", with_commas(n),
                        with_commas(train_.texts.texts() + dev_.texts.texts() + test_.texts.texts()), most_, how_read(options_.windows.longer)));
    return all;
  }

 private:
  const LabelPart& of(Part part) const { return part == Part::train ? train_ : part == Part::dev ? dev_ : part == Part::test ? test_ : none_; }
  double weight_of(int64_t window) const {
    if (class_weights_.empty()) return 1;
    const int64_t K = std::ssize(labels_.names);
    const double* const y = train_.targets.data<double>() + train_.texts.text_of(window) * K;
    return class_weights_[static_cast<size_t>(std::max_element(y, y + K) - y)];
  }
  // The loss of answering every text with what is usual among those that train: the share of each class, or the mean.
  double usual_loss(const LabelPart& judged) const {
    const Tensor usual = contiguous(expand(mean(train_.targets, {0}, KeepDims::yes), judged.targets.shape()));
    return score_labels({labels_.kind, usual}, judged.targets).loss;
  }

  std::unique_ptr<TextEncoder> model_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  Labels labels_;
  FinetuneOptions options_;
  int64_t layers_;
  std::vector<double> class_weights_;
  int64_t most_;
  std::vector<std::string> notes_;
  LabelPart train_, dev_, test_, none_;
};


enum class ClassWeights : uint8_t { equal, balanced };

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
  LabelSource(LabelFiles files, Labels labels, const FinetuneOptions& options, ClassWeights weights)
      : files_(std::move(files)), labels_(std::move(labels)), options_(options), weights_(weights) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    return std::make_unique<LabelTask>(encoder_of_run(config, checkpoint, NewHead::texts, labels_, rng), files_, options_,
                                       weights_ == ClassWeights::balanced ? balanced_weights(label_targets(files_.train, labels_)) : std::vector<double>());
  }
  void resolve(RunConfig& config) const override {
    options_.resolve(config, std::ssize(files_.train.texts));
    TaskSource::resolve(config);
  }
  Json identity(const RunConfig& config) const override {
    return Json::object({{"content_xxh3_128", files_.train.content_hash}, {"dev_xxh3_128", files_.dev.content_hash}, {"split", config.split},
                         {"labels", Json::array_of(labels_.names)}});
  }

 private:
  LabelFiles files_;
  Labels labels_;
  FinetuneOptions options_;
  ClassWeights weights_;
};

template <LabelKind kKind> struct LabelSettings {
  static TaskWords words() {
    return {.unit = "text", .baseline = "answering what is usual", .next = "grimoire predict {} " GRIM_SETTING("text=..."), .rival = "answering what is usual",
            .score = score_name(kKind)};
  }
  LabelledColumns columns;
  FinetuneOptions finetune;
  ClassWeights weights = ClassWeights::equal;

  Options options(RunConfig& run) {
    Options all = finetune.options(run);
    all.push_back({.name = "text-column", .help = "column of the texts, by name or number from 0; else it is found", .target = &columns.text, .basic = true});
    all.push_back({.name = "pair-column", .help = "column of the text beside each", .target = &columns.pair, .basic = true});
    all.push_back({.name = "label-column", .help = "column of what is to be learned", .target = &columns.label, .basic = true});
    if (kKind == LabelKind::one)
      all.push_back({.name = "class-weights", .help = "what the texts of a class count: all 1, or so that classes count alike", .target = by_choice(&weights),
                     .choices = {"equal", "balanced"}});
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    const auto read = [&](const std::string& path) { return labelled_texts(read_text_table(path, {columns.text, columns.pair, columns.label}), columns); };
    LabelFiles files;
    LabelledTexts all = read(run.data);
    const Labels labels = labels_in(all, kKind);
    label_targets(all, labels);  // each label is looked at before anything is trained
    if (!finetune.dev.empty()) files.dev = read(finetune.dev), label_targets(files.dev, labels);
    if (!finetune.test.empty()) files.test = read(finetune.test), label_targets(files.test, labels);
    for (const LabelledTexts* const other : {&files.dev, &files.test})
      GRIM_CHECK(other->size() == 0 || other->pairs.empty() == all.pairs.empty(), input, "labels", "{}, but {}: expected the same columns", all.reading,
                 other->reading);
    const FinetuneOptions::Shares shares = finetune.shares(run, std::ssize(all.texts));
    files.train = picked(all, shares.train);
    if (!shares.dev.empty()) files.dev = picked(all, shares.dev);
    if (!shares.test.empty()) files.test = picked(all, shares.test);
    files.train.reading = all.reading;
    return std::make_unique<LabelSource>(std::move(files), labels, finetune, weights);
  }
};

}  // namespace

TaskDefaults classify_task_settings() { return task_settings<LabelSettings<LabelKind::one>>(); }
TaskDefaults multilabel_task_settings() { return task_settings<LabelSettings<LabelKind::several>>(); }
TaskDefaults regress_task_settings() { return task_settings<LabelSettings<LabelKind::number>>(); }

}  // namespace grim
