// Distillation of a head that labels texts. Texts may have labels, which are then learned beside the teacher's answers.
#include <algorithm>
#include <optional>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/nn/layer_numbers.h"
#include "grimoire/nn/packed_mean.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/task/distill.h"
#include "grimoire/task/label_scores.h"
#include "grimoire/task/labelled_task.h"

namespace grim {
namespace {

// What the teacher decides, as if it were known: the likeliest class; each label above one half; its number.
Tensor decisions(const LabelAnswers& answers) {
  if (answers.kind == LabelKind::number) return answers.values;
  const int64_t N = answers.values.dim(0), K = answers.values.dim(1);
  const Tensor right = Tensor::zeros({N, K}, Dtype::f64);
  for (int64_t t = 0; t < N; ++t) {
    const double* const p = answers.values.data<double>() + t * K;
    double* const y = right.data<double>() + t * K;
    if (answers.kind == LabelKind::one) y[std::max_element(p, p + K) - p] = 1;
    else for (int64_t k = 0; k < K; ++k) y[k] = p[k] > .5;
  }
  return right;
}

class DistillTask final : public LabelledTask {
 public:
  DistillTask(EncoderAtHand student, std::shared_ptr<const Teacher> teacher, const LabelData& data, const FinetuneOptions& options,
              const DistillOptions& distill)
      : LabelledTask(std::move(student), data, options), teacher_(std::move(teacher)), distill_(distill) {
    if (!train_.targets.defined() && distill.soft == 0 && distill.cosine == 0)
      throw Error(ErrorKind::usage,
                  GRIM_SETTING("soft-weight=0") " and " GRIM_SETTING("cosine-weight=0") ": the data have no labels, so that nothing is learned",
                  "give one of them a weight");
  }

  double weight(std::span<const int64_t> rows) const override { return static_cast<double>(rows.size()); }
  // The mean over the texts; of the angles over the tokens of each first, so that every text counts the same in all three parts.
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const TokenBatch batch = train_.texts->batch(rows);
    const Tensor hidden = model_->hidden(batch, pass);  // (N, C)
    const Tensor logits = widened(model_->labels(hidden, batch, pass));  // (rows, K)
    Tensor seen, said;
    {
      const NoGrad no_grad;
      Pass evaluation = Pass::evaluation();
      seen = teacher_->model().hidden(batch, evaluation);
      said = widened(teacher_->model().labels(seen, batch, evaluation));
    }
    WeightedSum total;
    if (distill_.soft > 0) total.add(distill_.soft, mean(soft_loss(logits, said, distill_.temperature, labels_.kind)));
    if (distill_.hard > 0 && train_.targets.defined())
      total.add(distill_.hard, label_loss(rows, logits, std::vector<double>(rows.size(), 1 / weight(rows))));
    if (distill_.cosine > 0) total.add(distill_.cosine, mean(packed_mean(unsqueeze(cosine_loss(hidden, seen), 1), batch.offsets)));
    return total.sum;
  }

  double baseline(const StopAsked& stop) const override {
    const std::optional<LabelScores> s = has(Part::dev) ? scores_of_teacher(stop) : std::nullopt;
    return s ? s->loss : NAN;
  }
  std::vector<std::string> notes() const override {
    std::vector<std::string> all = LabelledTask::notes();
    if (!train_.targets.defined()) all.push_back("no column of labels: all that is learned are the teacher's answers, and scores tell how often both agree");
    else if (const auto s = has(Part::dev) ? scores_of_teacher({}) : std::nullopt)
      all.push_back(str("the teacher has {} {:.4f} on dev, of {} layers; the student has {}", score_name(), s->score,
                        layers_of(teacher_->model()), layers_of(*model_)));
    return all;
  }

 private:
  Tensor targets(Part part) const override {
    const LabelPart& judged = of(part);
    return judged.targets.defined() ? judged.targets : decisions(answer_labels(teacher_->model(), *judged.texts));
  }
  std::optional<LabelScores> scores_of_teacher(const StopAsked& stop) const {
    if (teacher_on_dev_) return teacher_on_dev_;
    const LabelAnswers answers = answer_labels(teacher_->model(), *dev_.texts, stop);
    if (answers.stopped) return {};
    return teacher_on_dev_ = score_labels(answers, dev_.targets.defined() ? dev_.targets : decisions(answers));
  }

  std::shared_ptr<const Teacher> teacher_;
  DistillOptions distill_;
  mutable std::optional<LabelScores> teacher_on_dev_;
};

class DistillSource final : public TaskSource {
 public:
  DistillSource(std::shared_ptr<const Teacher> teacher, LabelFiles files, const FinetuneOptions& options, const DistillOptions& distill)
      : teacher_(std::move(teacher)), data_(std::move(files), options.windows), options_(options), distill_(distill) {}

  std::unique_ptr<Task> make(const RunConfig&, Rng& rng, const std::string& checkpoint) const override {
    return std::make_unique<DistillTask>(teacher_->student(distill_, checkpoint, rng), teacher_, data_, options_, distill_);
  }
  void resolve(RunConfig& config) const override {
    options_.resolve(config, std::ssize(data_.files()->train.texts));
    TaskSource::resolve(config);
  }
  Json identity(const RunConfig& config) const override {
    Json all = options_.identity(config, data_.files()->train.content_hash, data_.files()->dev.content_hash);
    all.set("teacher_xxh3_128", teacher_->hash());
    return all;
  }

 private:
  std::shared_ptr<const Teacher> teacher_;
  LabelData data_;
  FinetuneOptions options_;
  DistillOptions distill_;
};

struct DistillSettings {
  static TaskWords words() {
    return {.unit = "text", .baseline = "the teacher", .next = "grimoire predict {} " GRIM_SETTING("text=..."), .rival = "the teacher"};
  }
  LabelledColumns columns;
  FinetuneOptions finetune;
  DistillOptions distill;

  Options options(RunConfig& run) {
    Options all = finetune.options(run);
    std::erase_if(all, [](const Option& o) { return o.name == "init-from" || o.name == "freeze" || o.name == "layer-decay" || o.name.starts_with("fold"); });
    for (Option& o : all) std::erase(o.without, "folds");
    for (Option& o : all)
      if (o.name == "data") o.help = "texts to learn from, with labels or without: CSV, TSV or JSON Lines";
    for (Option& o : distill.options(run)) all.push_back(std::move(o));
    for (Option& o : column_options(columns)) all.push_back(std::move(o));
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    distill.check();
    const auto teacher = std::make_shared<const Teacher>(run, EncoderPart::labels);
    const LabelledTexts all = read_labelled(run.data, columns, WithLabels::if_there);
    LabelFiles files = label_files(all, teacher->model().label_set(), run, finetune, columns, WithLabels::if_there);
    return std::make_unique<DistillSource>(teacher, std::move(files), finetune, distill);
  }
};

}  // namespace

TaskDefaults distill_task_settings() { return task_settings<DistillSettings>(); }

}  // namespace grim
