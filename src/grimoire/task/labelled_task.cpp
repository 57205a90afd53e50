#include "grimoire/task/labelled_task.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/setting_words.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/task/label_examination.h"
#include "grimoire/task/label_scores.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/train/lm_data.h"

namespace grim {
namespace {

// Of texts with numbers, as many as there are folds stand beside each other in the order of their numbers.
std::vector<double> strata_of(const LabelledTexts& texts, const Labels& set, int64_t folds) {
  if (set.kind != LabelKind::number || texts.labels.empty()) return numbered_texts(texts.labels);
  const Tensor values = label_targets(texts, set);
  std::vector<int64_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](int64_t t) { return values.data<double>()[t]; });
  std::vector<double> strata(texts.size());
  for (size_t i = 0; i < order.size(); ++i) strata[static_cast<size_t>(order[i])] = static_cast<double>(i / static_cast<size_t>(std::max<int64_t>(1, folds)));
  return strata;
}

}  // namespace

Options column_options(LabelledColumns& columns) {
  return {{.name = "text-column", .help = "column of the texts, by name or number from 0; else it is found", .target = &columns.text, .basic = true},
          {.name = "pair-column", .help = "column of the text beside each", .target = &columns.pair, .basic = true},
          {.name = "label-column", .help = "column of what is to be learned", .target = &columns.label, .basic = true}};
}

LabelledTexts read_labelled(const std::string& path, const LabelledColumns& columns, WithLabels with) {
  return labelled_texts(read_text_table(path, {columns.text, columns.pair, columns.label}), columns, with);
}

LabelFiles label_files(const LabelledTexts& all, const Labels& set, const RunConfig& run, const FinetuneOptions& options, const LabelledColumns& columns,
                       WithLabels with) {
  const auto checked = [&](const LabelledTexts& texts) {  // each label is looked at before anything is trained
    if (!texts.labels.empty()) label_targets(texts, set);
  };
  checked(all);
  LabelFiles files;
  if (!options.dev.empty()) files.dev = read_labelled(options.dev, columns, with), checked(files.dev);
  if (!options.test.empty()) files.test = read_labelled(options.test, columns, with), checked(files.test);
  for (const LabelledTexts* const other : {&files.dev, &files.test})
    GRIM_CHECK(other->size() == 0 || other->pairs.empty() == all.pairs.empty(), input, "labels", "{}, but {}: expected the same columns", all.reading,
               other->reading);
  const FinetuneOptions::Shares shares = options.shares(run, std::ssize(all.texts), strata_of(all, set, options.folds));
  files.train = all.picked(shares.train);
  if (!shares.dev.empty()) files.dev = all.picked(shares.dev);
  if (!shares.test.empty()) files.test = all.picked(shares.test);
  files.train.reading = all.reading;
  files.train_sample = files.train.picked(evenly_spread(std::ssize(files.train.texts)));
  return files;
}

std::shared_ptr<const LabelData::Parts> LabelData::encoded(const Tokenizer& tokenizer, int64_t context) const {
  return encoded_.of(tokenizer, context, [&] {
    const auto part = [&](const LabelledTexts& f) { return EncodedTexts(tokenizer, f.texts, f.pairs, windows_.within(context), f.places); };
    return Parts{part(files_->train), part(files_->dev), part(files_->test), part(files_->train_sample)};
  });
}

LabelledTask::LabelledTask(EncoderAtHand at_hand, const LabelData& data, const FinetuneOptions& options)
    : model_(std::move(at_hand.model)), tokenizer_(std::move(at_hand.tokenizer)), labels_(model_->label_set()), options_(options),
      windows_(data.windows().within(model_->context())), files_(data.files()), encoded_(data.encoded(*tokenizer_, model_->context())) {
  const auto part = [&](const LabelledTexts& labelled, const EncodedTexts& texts) {
    const bool known = labelled.labels.size() == labelled.size();
    return LabelPart{&labelled, &texts, known ? label_targets(labelled, labels_) : Tensor()};
  };
  train_ = part(files_->train, encoded_->train), dev_ = part(files_->dev, encoded_->dev), test_ = part(files_->test, encoded_->test);
  train_sample_ = part(files_->train_sample, encoded_->train_sample);
}

Judgement LabelledTask::judge(Part part, int64_t, const StopAsked& stop) const {
  const LabelAnswers answers = answer_labels(*model_, *of(part).texts, stop);
  if (answers.stopped) return {.stopped = true};
  const LabelScores s = score_labels(answers, targets(part));
  return {.loss = s.loss, .score = s.score, .weight = static_cast<double>(of(part).texts->texts())};
}

std::string LabelledTask::score_name() const { return grim::score_name(labels_.kind); }

Examination LabelledTask::examine(Part part, const StopAsked& stop) const {
  const LabelAnswers answers = answer_labels(*model_, *of(part).texts, stop);
  if (answers.stopped) return {.judgement = {.stopped = true}};
  return examined_labels(answers, *of(part).labelled, targets(part), labels_);
}

Tensor LabelledTask::label_loss(std::span<const int64_t> windows, const Tensor& logits, std::span<const double> weights) const {
  const int64_t K = std::ssize(labels_.names), N = std::ssize(windows);
  const Tensor targets = Tensor::empty({N, K}), classes = Tensor::empty({N}, Dtype::i64), shares = Tensor::empty({N});
  for (int64_t i = 0; i < N; ++i) {
    const double* const y = train_.targets.data<double>() + train_.texts->text_of(windows[static_cast<size_t>(i)]) * K;
    for (int64_t k = 0; k < K; ++k) targets.data<float>()[i * K + k] = static_cast<float>(y[k]);
    classes.data<int64_t>()[i] = std::max_element(y, y + K) - y;
    shares.data<float>()[i] = static_cast<float>(weights[static_cast<size_t>(i)]);
  }
  if (labels_.kind == LabelKind::number) return mse_loss(logits, targets);
  if (labels_.kind == LabelKind::several) return binary_cross_entropy_with_logits(logits, targets);
  return sum(cross_entropy(logits, classes, {.reduction = Reduction::none}) * shares);
}

double LabelledTask::guessing() const {
  if (labels_.kind == LabelKind::one) return std::log(static_cast<double>(labels_.names.size()));
  return labels_.kind == LabelKind::several ? std::log(2.0) : usual_loss(Part::train);
}

double LabelledTask::usual_loss(Part judged) const {
  if (!train_.targets.defined() || !of(judged).targets.defined()) return NAN;
  const Tensor usual = contiguous(expand(mean(train_.targets, {0}, KeepDims::yes), of(judged).targets.shape()));
  return score_labels({labels_.kind, usual}, of(judged).targets).loss;
}

std::vector<CheckpointFile> LabelledTask::files() const { return model_files(*model_, tokenizer_.get()); }
void LabelledTask::load(const std::string& folder) { load_weights(*model_, folder); }

std::vector<std::string> LabelledTask::notes() const {
  std::vector<std::string> all;
  int64_t longer = 0, texts = 0;
  for (const LabelPart* const p : {&train_, &dev_, &test_}) {
    if (!p->labelled->reading.empty()) all.push_back(p->labelled->reading);
    longer += p->texts->longer(), texts += p->texts->texts();
  }
  if (longer > 0) all.push_back(long_texts_in_words(longer, texts, windows_) + " (" GRIM_SETTING("long-texts") ")");
  return all;
}

}  // namespace grim
