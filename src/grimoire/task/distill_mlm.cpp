// Distillation of an encoder that fills in masked words: at each hidden place the teacher's answer, beside the word that stood there.
//   Sanh et al. 2019, "DistilBERT", section 3
#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/task/distill.h"
#include "grimoire/task/mlm.h"
#include "grimoire/task/mlm_task.h"

namespace grim {
namespace {

class DistillMlmTask final : public MlmTask {
 public:
  DistillMlmTask(EncoderAtHand student, std::shared_ptr<const Teacher> teacher, const std::vector<TokenDocument>& documents, const SplitPercent& split,
                 const MaskOptions& masks, const DistillOptions& distill, uint64_t seed)
      : MlmTask(std::move(student.model), std::move(student.tokenizer), documents, split, masks, seed), teacher_(std::move(teacher)), distill_(distill) {}

  // Of words the mean over those that are hidden, of angles over all tokens. Where there is a head for what follows, it learns from its own answers alike,
  // the mean over the texts.
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    const MlmExamples::Batch b = train_.batch(rows, tokens_, masks_, pass.seed, pass.step);
    const bool follows = model_->has(EncoderPart::next_sentence);
    const Answers own = answers(*model_, b, pass), taught = of_teacher(b);
    Tensor total;
    const auto add = [&](double weight, const Tensor& part) { total = total.defined() ? total + weight * part : weight * part; };
    if (distill_.soft > 0) {
      add(distill_.soft, mean(soft_loss(own.words, taught.words, distill_.temperature)));
      if (follows) add(distill_.soft, mean(soft_loss(own.next, taught.next, distill_.temperature)));
    }
    if (distill_.hard > 0) {
      add(distill_.hard, cross_entropy(own.words, b.targets));
      if (follows) add(distill_.hard, cross_entropy(own.next, b.next));
    }
    if (distill_.cosine > 0) add(distill_.cosine, mean(cosine_loss(own.hidden, taught.hidden)));
    return total;
  }

 private:
  struct Answers {
    Tensor hidden, words, next;  // (N, C); of hidden places (M, V); (texts, 2), where there is such a head
  };
  static Answers answers(const TextEncoder& model, const MlmExamples::Batch& b, Pass& pass) {
    Answers a{.hidden = model.hidden(b.texts, pass), .words = {}, .next = {}};
    a.words = widened(model.masked_logits(index_select(a.hidden, 0, b.places)));
    if (model.has(EncoderPart::next_sentence)) a.next = widened(model.next_sentence_logits(a.hidden, b.texts));
    return a;
  }
  Answers of_teacher(const MlmExamples::Batch& b) const {
    const NoGrad no_grad;
    Pass pass = Pass::evaluation();
    return answers(teacher_->model(), b, pass);
  }

  std::shared_ptr<const Teacher> teacher_;
  DistillOptions distill_;
};

class DistillMlmSource final : public TextTaskSource<DistillMlmSource, std::vector<TokenDocument>> {
 public:
  DistillMlmSource(std::shared_ptr<const Teacher> teacher, const std::string& path, const MlmReading& reading, const DistillOptions& distill)
      : TextTaskSource(path, "", ""), teacher_(std::move(teacher)),
        documents_(std::make_shared<const std::vector<Document>>(documents_of(corpus().text, path, reading.form))), reading_(reading), distill_(distill) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    return std::make_unique<DistillMlmTask>(teacher_->student(distill_, checkpoint, rng), teacher_, numbered(config, checkpoint)->tokens,
                                            SplitPercent::parse(config.split), reading_.masks, distill_, static_cast<uint64_t>(config.seed));
  }
  Json identity(const RunConfig& config) const override {
    return with(with(TextTaskSource::identity(config), reading_.identity(documents_->size())), Json::object({{"teacher_xxh3_128", teacher_->hash()}}));
  }

 private:
  std::vector<TokenDocument> tokens(const Tokenizer& tokenizer, const std::string&) const override { return tokenized(*documents_, tokenizer); }

  std::shared_ptr<const Teacher> teacher_;
  std::shared_ptr<const std::vector<Document>> documents_;
  MlmReading reading_;
  DistillOptions distill_;
};

struct DistillMlmSettings {
  static TaskWords words() { return token_words(); }
  MlmReading reading;
  DistillOptions distill;

  Options options(RunConfig& run) {
    Options all = {{.name = "data", .help = "text file: a sentence a line and blank lines between documents, or running text", .target = &run.data,
                    .basic = true}};
    for (Option& o : distill.options(run)) all.push_back(std::move(o));
    for (Option& o : reading.options()) all.push_back(std::move(o));
    all.push_back({.name = "split", .help = "percent for train/dev/test, of the documents", .target = &run.split});
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    distill.check();
    return std::make_unique<DistillMlmSource>(std::make_shared<const Teacher>(run, EncoderPart::masked), run.data, reading, distill);
  }
};

}  // namespace

TaskDefaults distill_mlm_task_settings() { return task_settings<DistillMlmSettings>(); }

}  // namespace grim
