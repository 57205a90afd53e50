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
#include "grimoire/task/mlm_task.h"

namespace grim {
namespace {

struct Answers {
  Tensor hidden, words, next;  // (N, C); of hidden places (M, V); (texts, 2), where there is such a head
};
Answers answers(const TextEncoder& model, const MlmExamples::Batch& b, Pass& pass) {
  Answers a{.hidden = model.hidden(b.texts, pass), .words = {}, .next = {}};
  a.words = widened(model.masked_logits(index_select(a.hidden, 0, b.places)));
  if (model.has(EncoderPart::next_sentence)) a.next = widened(model.next_sentence_logits(a.hidden, b.texts));
  return a;
}

}  // namespace

Tensor distill_mlm_loss(const TextEncoder& student, const TextEncoder& teacher, const MlmExamples::Batch& b, const DistillOptions& o, Pass& pass) {
  const Answers own = answers(student, b, pass);
  Answers taught;
  {
    const NoGrad no_grad;
    Pass evaluation = Pass::evaluation();
    taught = answers(teacher, b, evaluation);
  }
  const bool follows = own.next.defined();
  WeightedSum total;
  if (o.soft > 0) {
    total.add(o.soft, mean(soft_loss(own.words, taught.words, o.temperature)));
    if (follows) total.add(o.soft, mean(soft_loss(own.next, taught.next, o.temperature)));
  }
  if (o.hard > 0) {
    total.add(o.hard, cross_entropy(own.words, b.targets));
    if (follows) total.add(o.hard, cross_entropy(own.next, b.next));
  }
  if (o.cosine > 0) total.add(o.cosine, mean(cosine_loss(own.hidden, taught.hidden)));
  return total.sum;
}

namespace {

class DistillMlmTask final : public MlmTask {
 public:
  DistillMlmTask(EncoderAtHand student, std::shared_ptr<const Teacher> teacher, const std::vector<TokenDocument>& documents, const SplitPercent& split,
                 const MaskOptions& masks, const DistillOptions& distill, uint64_t seed, int64_t length)
      : MlmTask(std::move(student.model), std::move(student.tokenizer), documents, split, masks, seed, length), teacher_(std::move(teacher)),
        distill_(distill) {}

  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override {
    return distill_mlm_loss(*model_, teacher_->model(), train_.batch(rows, tokens_, masks_, pass.seed, pass.step), distill_, pass);
  }

 private:
  std::shared_ptr<const Teacher> teacher_;
  DistillOptions distill_;
};

class DistillMlmSource final : public TextTaskSource<DistillMlmSource, std::vector<TokenDocument>> {
 public:
  DistillMlmSource(std::shared_ptr<const Teacher> teacher, const std::string& path, const MlmReading& reading, const DistillOptions& distill, int64_t length)
      : TextTaskSource(path, "", ""), teacher_(std::move(teacher)),
        documents_(std::make_shared<const std::vector<Document>>(documents_of(corpus().text, path, reading.form))), reading_(reading), distill_(distill),
        length_(length) {}

  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override {
    return std::make_unique<DistillMlmTask>(teacher_->student(distill_, checkpoint, rng), teacher_, numbered(config, checkpoint)->tokens,
                                            SplitPercent::parse(config.split), reading_.masks, distill_, static_cast<uint64_t>(config.seed), length_);
  }
  Json identity(const RunConfig& config) const override {
    return with(with(TextTaskSource::identity(config), reading_.identity(documents_->size())),
                Json::object({{"teacher_xxh3_128", teacher_->hash()}, {"length", length_}}));
  }

 private:
  std::vector<TokenDocument> tokens(const Tokenizer& tokenizer, const std::string&) const override { return tokenized(*documents_, tokenizer); }

  std::shared_ptr<const Teacher> teacher_;
  std::shared_ptr<const std::vector<Document>> documents_;
  MlmReading reading_;
  DistillOptions distill_;
  int64_t length_;
};

struct DistillMlmSettings {
  static TaskWords words() { return token_words(); }
  MlmReading reading;
  DistillOptions distill;
  int64_t length = 128;

  Options options(RunConfig& run) {
    Options all = {{.name = "data", .help = "text file: a sentence a line and blank lines between documents, or running text", .target = &run.data,
                    .basic = true}};
    for (Option& o : distill.options(run)) all.push_back(std::move(o));
    for (Option& o : reading.options()) all.push_back(std::move(o));
    all.push_back({.name = "length", .help = "tokens of an example; 0: as many as the teacher reads", .target = &length, .low = 0, .basic = true});
    all.push_back({.name = "split", .help = "percent for train/dev/test, of the documents", .target = &run.split});
    return all;
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    distill.check();
    return std::make_unique<DistillMlmSource>(std::make_shared<const Teacher>(run, EncoderPart::masked), run.data, reading, distill, length);
  }
};

}  // namespace

TaskDefaults distill_mlm_task_settings() { return task_settings<DistillMlmSettings>(); }

}  // namespace grim
